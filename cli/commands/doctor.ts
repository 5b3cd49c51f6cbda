// `doctor`: whether a guard with this environment could work, and what to do where not.

import type { Command } from 'commander'
import type { DoctorOptions } from '../doctor/doctor.ts'
import { EXIT } from '../failures.ts'
import { withCommonOptions } from '../options.ts'
import { withStreamNames } from './stream-options.ts'

const DETAILS = `
It changes nothing, unless --write lets it write a key of its own and remove it.
It ends with ${EXIT.failed} if something is wrong; what is only to be known, or could not be asked, is no fault.`

export function addDoctor(root: Command): void {
  withStreamNames(withCommonOptions(root.command('doctor')))
    .description('check the environment, the issuer, the clock, the Redis and its streams')
    .option('--write', 'try to write to the Redis too')
    .addHelpText('after', DETAILS)
    .action(async (options: DoctorOptions) => (await import('../doctor/doctor.ts')).doctor(options))
}
