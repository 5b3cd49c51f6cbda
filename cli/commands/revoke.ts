// `revoke`, `epoch` and `rotate`: what ends mandates before they expire.

import type { Command } from 'commander'
import { askDev, isDevDatabase, isOf } from '../dev-client.ts'
import { Failure, UsageError } from '../failures.ts'
import { adviceSentence } from '../fault-advice.ts'
import { anchorsIn } from '../input.ts'
import { name, wholeNumber, withCommonOptions } from '../options.ts'
import { oneLine, print, printJson } from '../output.ts'
import { requiredVariable, variable } from '../variables.ts'

interface ZoneOptions {
  readonly zone?: string
  readonly keyPrefix?: string
  readonly json?: true
}

const WHERE = `
Where: the Redis of the environment (UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or REDIS_URL).
If that is the one of a running dev, dev also announces it in the stream, as the platform does.`

export function addRevoke(root: Command): void {
  withCommonOptions(root.command('revoke'))
    .description('revoke sessions, agent sessions or delegations by their ids')
    .argument(
      '<anchor...>',
      'sid, root_sid, agent_session_id or delegation_edge_id; - reads an id or a mandate from standard input',
    )
    .option('--zone <id>', 'the zone, for dev (default: CARACAL_ZONE_ID)', name)
    .option('--key-prefix <prefix>', 'the prefix of the keys in Redis, if it is another')
    .addHelpText('after', WHERE)
    .action(async (args: readonly string[], { zone, keyPrefix, json }: ZoneOptions) => {
      const anchors = await anchorsIn(args)
      if (isDevDatabase() && keyPrefix === undefined) {
        const zoneId = zone ?? variable('CARACAL_ZONE_ID')
        await inTurn(anchors, 'dev', json, async (anchor) => {
          const answer = await askDev('/dev/revoke', { zone: zoneId, anchor })
          if (answer.revoked !== anchor || !isOf(answer, zoneId))
            throw new Failure('dev did not say that it has revoked it')
        })
        return report(
          json,
          { revoked: anchors, at: 'dev' },
          `revoked ${anchors.length} at dev, and announced`,
        )
      }
      if (zone !== undefined)
        throw new UsageError('--zone is for dev: a mark in Redis counts in every zone. Leave it out')
      const { host, mark } = await markerWith(keyPrefix)
      await inTurn(anchors, host, json, (anchor) => mark((store) => store.markRevoked(anchor)))
      report(json, { revoked: anchors, at: host }, `revoked ${anchors.length} at ${host}`)
    })
}

export function addEpoch(root: Command): void {
  withCommonOptions(root.command('epoch'))
    .description('raise the delegation epoch of a zone: older delegations are stale from then on')
    .argument('[number]', 'the new epoch; dev knows the next one itself', wholeNumber(0))
    .option('--zone <id>', 'the zone (default: CARACAL_ZONE_ID)', name)
    .option('--key-prefix <prefix>', 'the prefix of the keys in Redis, if it is another')
    .addHelpText('after', WHERE)
    .action(async (epoch: number | undefined, { zone, keyPrefix, json }: ZoneOptions) => {
      const zoneId = zone ?? requiredVariable('CARACAL_ZONE_ID')
      if (isDevDatabase() && keyPrefix === undefined) {
        const answer = await askDev('/dev/epoch', { zone: zoneId, epoch })
        if (
          !(Number(answer.epoch) >= (epoch ?? 1)) ||
          !Number.isSafeInteger(answer.epoch) ||
          !isOf(answer, zoneId)
        )
          throw new Failure('dev did not say the new epoch')
        return report(
          json,
          { epoch: answer.epoch, zone: zoneId, at: 'dev' },
          `the epoch of ${zoneId} is ${answer.epoch} at dev, and announced`,
        )
      }
      if (epoch === undefined) throw new UsageError('name the new epoch: only dev knows which one is next')
      const { host, mark } = await markerWith(keyPrefix)
      await mark((store) => store.markDelegationEpoch(zoneId, epoch))
      report(json, { epoch, zone: zoneId, at: host }, `the epoch of ${zoneId} is ${epoch} or more at ${host}`)
    })
}

export function addRotate(root: Command): void {
  withCommonOptions(root.command('rotate'))
    .description('give a zone of dev a new signing key; the one before it is still served')
    .option('--zone <id>', 'the zone (default: CARACAL_ZONE_ID)', name)
    .action(async ({ zone = variable('CARACAL_ZONE_ID'), json }: ZoneOptions) => {
      const answer = await askDev('/dev/rotate', { zone })
      if (answer.rotated !== true || !isOf(answer, zone))
        throw new Failure('dev did not say that it has rotated the key')
      // Where none was named, it is dev that names it.
      const named = oneLine(String(answer.zone))
      report(json, { rotated: true, zone: named }, `${named} signs with a new key`)
    })
}

/** One after the other. If one fails, what has been done until then is told: by number, since an id is not to be logged. */
async function inTurn(
  anchors: readonly string[],
  at: string,
  json: true | undefined,
  revoke: (anchor: string) => Promise<void>,
): Promise<void> {
  const revoked: string[] = []
  for (const anchor of anchors) {
    try {
      await revoke(anchor)
    } catch (error) {
      // One that was asked for in a wrong way is wrong usage as long as nothing was done.
      const isTold = error instanceof Failure || (error instanceof UsageError && revoked.length > 0)
      if (!isTold || anchors.length === 1) throw error
      const left = anchors.length - revoked.length
      if (json) printJson({ revoked, at, left })
      const done = revoked.length === 0 ? 'none is' : `the first ${revoked.length} are`
      throw new Failure(
        `${error.message}. Of ${anchors.length} ids, ${done} revoked. Number ${revoked.length + 1} may be, and none after it is. Run it again with all of them`,
      )
    }
    revoked.push(anchor)
  }
}

function report(json: true | undefined, value: object, text: string): void {
  if (json) printJson(value)
  else print(text)
}

/** What marks in the Redis of the environment. */
async function markerWith(keyPrefix: string | undefined) {
  const { databaseInEnvironment } = await import('../database.ts')
  const { RevocationUnavailableError } = await import('caracal-edge')
  const { host, storeWith } = databaseInEnvironment()
  const store = storeWith(keyPrefix)
  const mark = async (work: (to: typeof store) => Promise<void>) => {
    await work(store).catch((error: unknown) => {
      if (error instanceof TypeError) throw new UsageError(error.message)
      if (!(error instanceof RevocationUnavailableError)) throw error
      throw new Failure(
        `the Redis at ${host} did not confirm it (${error.fault}), so that it may have no effect. ${adviceSentence(error.fault)} Then run it again`,
      )
    })
  }
  return { host, mark }
}
