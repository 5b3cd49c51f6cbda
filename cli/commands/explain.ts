// `explain`: why a guard admits or refuses a mandate, check by check.

import type { Command } from 'commander'
import type { ExplainOptions } from '../explain/explain.ts'
import { withRequirementFlags } from '../explain/requirement-flags.ts'
import { withCommonOptions } from '../options.ts'

const DETAILS = `
Without --config it is the guard of the environment, with the requirements of the flags. With --config, the flags
require something in addition.
A module for --config:
  export default { audience: 'resource://api', revocations, routes: { 'POST /payouts': { … } } }
  export default (environment) => ({ audience: environment.AUDIENCE, revocations })
It ends with 0 if the mandate is admitted, with 1 if it is refused, with 2 after wrong usage or configuration.
It is for developers: a client that reads it learns how to get past a guard.

Try:
  caracal-edge mint | caracal-edge explain - --scope billing:read --delegation`

export function addExplain(root: Command): void {
  withRequirementFlags(withCommonOptions(root.command('explain')))
    .description('say why a guard admits or refuses a mandate, check by check')
    .argument(
      '<token>',
      '- reads the mandate from standard input; an argument can be seen by other users of the machine',
    )
    .option('--config <file>', 'a module whose default export is the options of the guard')
    .option('--path <path>', 'explain it for a request of this path, by the routes of --config')
    .option('--method <method>', 'the method of that request (default: GET)')
    .addHelpText('after', DETAILS)
    .action(async (token: string, options: ExplainOptions) =>
      (await import('../explain/explain.ts')).explain(token, options),
    )
}
