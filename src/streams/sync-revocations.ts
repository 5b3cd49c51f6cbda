// The options of a pass over the revocation streams, checked and compiled into a plan.

import { CaracalConfigError } from '../decision/errors.ts'
import {
  type Check,
  duration,
  identifier,
  listOf,
  oneOf,
  type Reporter,
  time,
  typeOf,
  wholeNumber,
} from '../lib/checks.ts'
import { refuseInsecureUrls } from '../lib/insecure-urls.ts'
import { MAX_STREAM_ANSWER_BYTES } from '../lib/limits.ts'
import { isGiven, readOptions } from '../lib/read-options.ts'
import { DEFAULT_KEY_PREFIX } from '../redis/redis-names.ts'
import { RedisState } from '../redis/redis-state.ts'
import { upstashSender } from '../redis/upstash-client.ts'
import {
  databaseIn,
  requiredVariable,
  UPSTASH_OPTIONS,
  type UpstashOptions,
} from '../redis/upstash-options.ts'
import { DEFAULT_TTL_MS } from '../revocation/arguments.ts'
import { importStreamKeys, streamKeyBytes } from './signature.ts'
import { syncPass } from './sync.ts'
import { STREAM_LOSSES, type StreamLoss, type SyncReport } from './sync-report.ts'

/** The options of {@link syncRevocations}. */
export interface SyncRevocationsOptions extends Partial<UpstashOptions> {
  /** The bindings of a Worker. Variables are read from there first, then from the runtime's environment. */
  readonly env?: object
  /**
   * The key that stream messages are signed with, in hexadecimal, 32 bytes or more. During a rotation a list: the new
   * key, then the older one. Default: `STREAMS_HMAC_KEY`, where the two are separated by a comma.
   */
  readonly hmacKey?: string | readonly string[]
  /** `'accept'` applies messages without checking their signature: whoever can write to the streams is trusted. */
  readonly unsignedStreams?: 'accept'
  /**
   * The consumer groups. Each message goes to one consumer of a group, so that all of them must write to the same keys.
   * A Redis or a `keyPrefix` of your own needs groups of its own. Default: `resource-revocation` and
   * `resource-delegation-invalidation`.
   */
  readonly groups?: { readonly revocations?: string; readonly delegations?: string }
  /** The name of this consumer within its groups. Default: `caracal-edge`. */
  readonly consumer?: string
  /**
   * How long a loss keeps passes from being caught up, in milliseconds: as long as the mandates that it could concern
   * are valid. Starts at the loss, or at the time of a message with a bad signature. 5,000 or more. Default: 15 minutes,
   * the longest lifetime that the STS allows.
   */
  readonly lossHoldMs?: number
  /**
   * Losses to ignore, both earlier ones and those that this pass finds. For a single pass by an operator who knows that
   * nothing important was lost, such as `['restarted']` for the first pass of a deployment. Not for every pass.
   */
  readonly giveUp?: readonly StreamLoss[]
  /** The most messages that one pass reads from each of the two streams. Default: 1,000. */
  readonly maxMessages?: number
  /** After this time a pass starts nothing new, in milliseconds. It finishes what it has started. Default: 20,000. */
  readonly maxDurationMs?: number
}

type HmacKeys = readonly [current: string, older?: string]

const hmacKey: Check<HmacKeys> = (value, report) => {
  const list = typeof value === 'string' ? value.split(',').map((key) => key.trim()) : value
  if (!Array.isArray(list)) {
    report(`must be a string, or a list of two, not ${typeOf(value)}`)
    return undefined
  }
  if (list.length === 0 || list.length > 2) {
    report('must name one key, or two during a rotation: the new one and the one before it')
    return undefined
  }
  // Messages about a single key have no index.
  const [current, older] = (list.length === 1 ? oneKey(list[0], report) : listOf(keyText)(list, report)) ?? []
  if (current === undefined) return undefined
  if (current.toLowerCase() !== older?.toLowerCase())
    return older === undefined ? [current] : [current, older]
  report('names the same key twice')
  return undefined
}

function oneKey(value: unknown, report: Reporter): HmacKeys | undefined {
  const key = keyText(value, report)
  return key === undefined ? undefined : [key]
}

const keyText: Check<string> = (value, report) => {
  const text = identifier(value, report)
  if (text === undefined || streamKeyBytes(text) !== undefined) return text
  report('must be 32 bytes or more in hexadecimal')
  return undefined
}

const losses = listOf(oneOf<StreamLoss>(...STREAM_LOSSES))

const GROUPS = { revocations: identifier, delegations: identifier } as const

const OPTIONS = {
  ...UPSTASH_OPTIONS,
  env: (value: unknown) => value,
  hmacKey,
  unsignedStreams: oneOf('accept'),
  groups: (value: unknown) => value,
  consumer: identifier,
  // 900 or 3,600 were meant as seconds, and a hold that short would be none.
  lossHoldMs: time(5_000),
  giveUp: losses,
  maxMessages: wholeNumber(1, 'a whole number, 1 or more'),
  maxDurationMs: duration,
} as const

/**
 * Applies the messages in the revocation streams to the keys that guards look up (protocol §5). One call is one bounded
 * pass, for a cron trigger or a loop: it claims what other consumers left behind, applies what is new, and acknowledges
 * a message only after its effect is in Redis.
 *
 * Messages that were lost are detected and reported as `fault`. They keep every pass from being caught up until no
 * mandate can depend on them, or until an operator gives them up. The first pass of a deployment reports
 * `'restarted'`: earlier messages are unknown.
 *
 * @throws {CaracalConfigError} (rejects) naming every mistake; an outage of Redis does not throw, it is in the report
 * @example
 * ```ts
 * export default {
 *   fetch: guarded,
 *   async scheduled(_controller, env) {
 *     const { caughtUp, fault } = await syncRevocations({ env })
 *     if (!caughtUp) console.warn('revocations are behind', fault)
 *   },
 * }
 * ```
 */
export async function syncRevocations(options: SyncRevocationsOptions = {}): Promise<SyncReport> {
  const issues: string[] = []
  const given = readOptions(options, OPTIONS, '', issues)
  const groups = readOptions(given.groups ?? {}, GROUPS, 'groups', issues)
  if (
    isGiven(options, 'keyPrefix') &&
    (groups.revocations === undefined || groups.delegations === undefined)
  ) {
    issues.push(
      'keyPrefix needs the option groups: in the default groups, consumers with other keys would take some of the messages',
    )
  }
  const database = databaseOf(options, given, issues)
  const keys = keysOf(options, given, issues)
  const { url, token } = database
  if (issues.length > 0 || url === undefined || token === undefined) throw new CaracalConfigError(issues)

  const send = upstashSender({
    url,
    token,
    timeoutMs: given.timeoutMs ?? COMMAND_TIMEOUT_MS,
    maxAnswerBytes: () => MAX_STREAM_ANSWER_BYTES,
  })
  const keyPrefix = given.keyPrefix ?? DEFAULT_KEY_PREFIX
  return syncPass(send, new RedisState(send, keyPrefix), {
    groups: {
      revocations: 'resource-revocation',
      delegations: 'resource-delegation-invalidation',
      ...groups,
    },
    consumer: given.consumer ?? 'caracal-edge',
    keyPrefix,
    keys: keys && (await importStreamKeys(keys)),
    ttlMs: given.defaultTtlMs ?? DEFAULT_TTL_MS,
    lossHoldMs: given.lossHoldMs ?? LOSS_HOLD_MS,
    giveUp: given.giveUp ?? [],
    maxMessages: given.maxMessages ?? 1_000,
    maxDurationMs: given.maxDurationMs ?? 20_000,
  })
}

/** The longest lifetime of a resource mandate (protocol §1). */
const LOSS_HOLD_MS = 15 * 60_000

/** Longer than for a lookup, because no request waits for a pass. */
const COMMAND_TIMEOUT_MS = 5_000

interface Given {
  readonly env?: unknown
  readonly url?: string
  readonly token?: string
  readonly hmacKey?: HmacKeys
  readonly unsignedStreams?: 'accept'
}

function databaseOf(options: unknown, { env, url, token }: Given, issues: string[]) {
  const isNamed = isGiven(options, 'url') || isGiven(options, 'token')
  if (!isNamed) return databaseIn(env, issues)
  for (const name of ['url', 'token'] as const) {
    if (!isGiven(options, name)) issues.push(`${name} is missing: set both url and token, or neither`)
  }
  refuseInsecureUrls([{ name: 'url', url }], env, issues)
  return { url, token }
}

function keysOf(options: unknown, { env, hmacKey: keys, unsignedStreams }: Given, issues: string[]) {
  if (unsignedStreams === 'accept') {
    if (isGiven(options, 'hmacKey'))
      issues.push('hmacKey has no effect with unsignedStreams: set only one of the two')
    return undefined
  }
  return isGiven(options, 'hmacKey') ? keys : requiredVariable(env, 'STREAMS_HMAC_KEY', hmacKey, issues)
}
