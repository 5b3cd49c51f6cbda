// Asks everything in turn, and tells what was found.

import type { StreamNames } from '../commands/stream-options.ts'
import { namedDatabase } from '../database.ts'
import { Failure } from '../failures.ts'
import { paint, print, printJson } from '../output.ts'
import { checkEnvironment } from './environment.ts'
import type { Finding } from './finding.ts'
import { checkIssuer } from './issuer.ts'
import { checkStore } from './store.ts'
import { checkStreams } from './streams.ts'

export interface DoctorOptions extends StreamNames {
  readonly write?: true
  readonly json?: true
}

export async function doctor(options: DoctorOptions): Promise<void> {
  const findings: Finding[] = []
  const note = (found: readonly Finding[]) => {
    findings.push(...found)
    if (!options.json) for (const finding of found) tell(finding)
  }
  note(checkEnvironment())
  note(await checkIssuer())
  const database = findings.some(({ check, state }) => check === 'redis' && state === 'bad')
    ? undefined
    : namedDatabase()
  if (database !== undefined) {
    const found = await checkStore(database, options)
    note(found)
    if (!found.some(({ state }) => state === 'bad')) note(await checkStreams(database, options))
  }
  const bad = findings.filter(({ state }) => state === 'bad').length
  if (options.json) printJson({ ok: bad === 0, findings })
  if (bad > 0) throw new Failure(bad === 1 ? 'one thing is wrong' : `${bad} things are wrong`)
}

const MARKS = { good: paint('green', '✓'), note: paint('yellow', '!'), bad: paint('red', '✗') }

function tell({ state, check, text, advice }: Finding): void {
  print(`${MARKS[state]} ${check}: ${text}`)
  if (advice !== undefined) print(`    ${advice}`)
}
