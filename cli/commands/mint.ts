// `mint`: a mandate from the `dev` that the environment names.

import { type Command, InvalidArgumentError, Option } from 'commander'
import { askDev, isOf } from '../dev-client.ts'
import { Failure, UsageError } from '../failures.ts'
import { isMandate } from '../input.ts'
import { jsonIn } from '../json.ts'
import { name, repeatedName, repeatedScope, wholeNumber, withCommonOptions } from '../options.ts'
import { print, printJson } from '../output.ts'
import { variable } from '../variables.ts'

interface MintOptions {
  readonly scope?: readonly string[]
  readonly audience?: readonly string[]
  readonly hops?: number
  readonly lifetime?: number
  readonly agent: boolean
  readonly zone?: string
  readonly use?: string
  readonly claim?: readonly (readonly [string, unknown])[]
  readonly json?: true
}

const DETAILS = `
It prints the mandate and nothing else:
  curl -H "Authorization: Bearer $(caracal-edge mint --scope read)" http://localhost:3000/`

export function addMint(root: Command): void {
  withCommonOptions(root.command('mint'))
    .description('print a mandate from the dev that CARACAL_STS_URL names')
    .option('--scope <scope>', 'a scope; repeat it for several (default: read and write)', repeatedScope)
    .option(
      '--audience <resource>',
      'a resource; repeat it for several (default: CARACAL_AUDIENCE)',
      repeatedName,
    )
    .option('--zone <id>', 'the zone (default: CARACAL_ZONE_ID)', name)
    .option('--hops <number>', 'how many delegations it went through (default: 1)', wholeNumber(0, 100))
    .option('--no-agent', 'without an agent and without delegations')
    .option(
      '--lifetime <seconds>',
      'how long it is valid; 0 for one that has expired (default: 900)',
      wholeNumber(0),
    )
    .addOption(
      new Option('--use <use>', 'what it may be used for (default: resource)').choices([
        'resource',
        'session',
        'gateway',
      ]),
    )
    .option(
      '--claim <name=value>',
      'any other claim, its value as JSON or text; repeat it for several',
      claims,
    )
    .addHelpText('after', DETAILS)
    .action(mint)
}

function claims(text: string, before: MintOptions['claim'] = []): MintOptions['claim'] {
  const [, claim, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (claim === undefined || value === undefined)
    throw new InvalidArgumentError('It must be name=value, such as sub=user-2.')
  const json = jsonIn(value)
  return [...before, [claim, json === undefined ? value : json]]
}

async function mint({
  scope,
  audience,
  hops,
  lifetime,
  agent,
  zone,
  use,
  claim,
  json,
}: MintOptions): Promise<void> {
  if (!agent && hops !== undefined)
    throw new UsageError('--hops and --no-agent cannot go together: only an agent has delegations')
  const named = variable('CARACAL_AUDIENCE')
  const zoneId = zone ?? variable('CARACAL_ZONE_ID')
  const answer = await askDev('/dev/mint', {
    zone: zoneId,
    scopes: scope,
    audience: audience ?? (named === undefined ? undefined : [named]),
    hops,
    lifetimeSeconds: lifetime,
    ...(!agent && { agent }),
    claims: { ...(use !== undefined && { use }), ...Object.fromEntries(claim ?? []) },
  })
  const { mandate } = answer
  if (typeof mandate !== 'string' || !isMandate(mandate) || !isOf(answer, zoneId))
    throw new Failure('dev answered without a mandate of this zone')
  if (json) printJson({ mandate, zone: answer.zone })
  else print(mandate)
}
