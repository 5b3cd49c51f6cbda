// Explains a mandate on the terminal, check by check.

import type { ExplainedCheck, ExplainedRule } from 'caracal-edge'
import type { OptionValues } from 'commander'
import { Failure, UsageError } from '../failures.ts'
import { standardInput, withoutHeaderName } from '../input.ts'
import { oneLine, paint, print, printJson, say } from '../output.ts'
import { explained } from './asked.ts'
import { besideModule, optionsFrom, optionsOfEnvironment } from './config.ts'
import { requirementsIn } from './requirement-flags.ts'
import { headline } from './told.ts'

export interface ExplainOptions extends OptionValues {
  readonly config?: string
  readonly path?: string
  readonly method?: string
  readonly json?: true
}

export async function explain(argument: string, options: ExplainOptions): Promise<void> {
  const { config, path, method, json } = options
  if (method !== undefined && path === undefined) throw new UsageError('--method belongs to --path')
  if (argument !== '-') say('arguments can be seen by other users: - reads the mandate from standard input')
  const requirements = requirementsIn(options)
  const text = argument === '-' ? await standardInput() : argument
  // The usual accidents of copying. What is explained is what was given.
  if (!/^[\w.-]*$/.test(withoutHeaderName(text)))
    say('what was given has blanks, quotes, line breaks or other characters in it that no mandate has')
  const answer =
    config === undefined
      ? await explained({ ...optionsOfEnvironment(), ...requirements }, { text, path, method })
      : await besideModule(config, async () =>
          explained(await optionsFrom(config), { text, path, method, requirements }),
        )
  if (json) printJson(answer)
  else {
    for (const check of answer.checks) tell(check)
    print(paint(answer.decision.outcome === 'deny' ? 'red' : 'green', headline(answer.decision)))
  }
  if (answer.decision.outcome === 'deny') {
    const failed = answer.checks.flatMap(({ outcome, name }) => (outcome === 'failed' ? [name] : []))
    throw new Failure(`the mandate is refused; what failed: ${failed.join(', ')}`)
  }
}

const OUTCOMES = {
  passed: paint('green', 'passed     '),
  failed: paint('red', 'failed     '),
  'not-reached': paint('yellow', 'not reached'),
  'not-asked': paint('dim', 'not asked  '),
} as const

function tell(check: ExplainedCheck): void {
  const { outcome, name, wanted, rule } = check
  if (outcome === 'not-asked') {
    print(`${OUTCOMES[outcome]}  ${name}`)
    return
  }
  const found = outcome === 'not-reached' ? `because ${check.after} failed` : check.found
  const details = paint('dim', oneLine(`(wanted: ${wanted}${ruleText(rule)})`))
  print(`${OUTCOMES[outcome]}  ${name.padEnd(20)}  ${oneLine(found)} ${details}`)
}

/** The rule, where it is not the guard's own. */
function ruleText(rule: ExplainedRule | undefined): string {
  if (rule === undefined || rule.from === 'guard') return ''
  return rule.from === 'route' ? `, by the route "${rule.route}"` : ', by the requirements that were given'
}
