// A flag for each requirement. A requirement without its flag does not compile.

import type { MandateUse, Requirements } from 'caracal-edge'
import { type Command, Option, type OptionValues } from 'commander'
import { repeated, repeatedScope, wholeNumber } from '../options.ts'

const USES: { readonly [Use in MandateUse]: true } = { resource: true, session: true }

const FLAGS: { readonly [Name in keyof Requirements]-?: Option } = {
  requiredScopes: new Option('--scope <scope>', 'require a scope; repeat it for several').argParser(
    repeatedScope,
  ),
  requiredTargets: new Option('--target <resource>', 'require a target; repeat it for several').argParser(
    repeated,
  ),
  requiredUse: new Option('--use <use>', 'require a use (default: resource)').choices(Object.keys(USES)),
  requireAgent: new Option('--agent', 'require an agent session'),
  requireDelegation: new Option('--delegation', 'require a delegation'),
  maxHopCount: new Option('--max-hops <number>', 'the most delegations (default: 10)').argParser(
    wholeNumber(0),
  ),
  requireChainContains: new Option(
    '--chain-contains <application>',
    'require an application in the delegation chain; repeat it for several',
  ).argParser(repeated),
}

export function withRequirementFlags(command: Command): Command {
  for (const flag of Object.values(FLAGS)) command.addOption(flag)
  return command
}

/** The requirements that flags name; `undefined` if there is none. */
export function requirementsIn(options: OptionValues): Requirements | undefined {
  const given = Object.entries(FLAGS).flatMap(([name, flag]) => {
    const value: unknown = options[flag.attributeName()]
    return value === undefined ? [] : [[name, value] as const]
  })
  return given.length === 0 ? undefined : Object.fromEntries(given)
}
