// The options of a pass over the revocation streams, checked and compiled into a plan.

import { CaracalConfigError } from '../decision/errors.ts'
import {
  type Check,
  type Checks,
  duration,
  identifier,
  listOf,
  oneOf,
  type Reporter,
  restricted,
  time,
  wholeNumber,
} from '../lib/checks.ts'
import { requiredVariable } from '../lib/environment.ts'
import { MANDATE_LIFE_MS } from '../lib/limits.ts'
import { type Checked, isGiven, readOptions } from '../lib/read-options.ts'
import { typeOf } from '../lib/type-of.ts'
import type { SendCommand } from '../redis/command.ts'
import { DEFAULT_KEY_PREFIX } from '../redis/redis-names.ts'
import { type RedisStateOptions, STATE_OPTIONS } from '../redis/redis-options.ts'
import { DEFAULT_TTL_MS } from '../revocation/default-ttl.ts'
import { importStreamKeys, streamKeyBytes } from './signature.ts'
import { syncPass } from './sync.ts'
import { STREAM_LOSSES, type StreamLoss, type SyncReport } from './sync-report.ts'

/** The options of a pass, whatever leads to Redis. */
export interface PassOptions extends RedisStateOptions {
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

const keyText = restricted(
  identifier,
  (text) => streamKeyBytes(text) !== undefined,
  'must be 32 bytes or more in hexadecimal',
)

const losses = listOf(oneOf<StreamLoss>(...STREAM_LOSSES))

const GROUPS = { revocations: identifier, delegations: identifier } as const

export const PASS_OPTIONS = {
  ...STATE_OPTIONS,
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
} as const satisfies Checks

/** The options of a pass that were given and are valid. */
type GivenPass = Checked<typeof PASS_OPTIONS>

/** Runs one pass. It starts nothing new once the signal has fired. */
export type Pass = (signal?: AbortSignal) => Promise<SyncReport>

/**
 * @param options as they were given
 * @param senderIn gives a function that sends commands, or adds an issue. Each command has the time limit.
 * @throws {CaracalConfigError} (rejects) naming every mistake, those that are already in `issues` too
 */
export async function compilePass(
  options: unknown,
  given: GivenPass,
  issues: string[],
  senderIn: (timeoutMs: number) => SendCommand | undefined,
): Promise<Pass> {
  const groups = readOptions(given.groups ?? {}, GROUPS, issues, 'groups')
  if (
    isGiven(options, 'keyPrefix') &&
    (groups.revocations === undefined || groups.delegations === undefined)
  ) {
    issues.push(
      'keyPrefix needs the option groups: in the default groups, consumers with other keys would take some of the messages',
    )
  }
  const send = senderIn(given.timeoutMs ?? COMMAND_TIMEOUT_MS)
  const keys = keysOf(options, given, issues)
  if (issues.length > 0 || send === undefined) throw new CaracalConfigError(issues)

  const keyPrefix = given.keyPrefix ?? DEFAULT_KEY_PREFIX
  const plan = {
    groups: {
      revocations: 'resource-revocation',
      delegations: 'resource-delegation-invalidation',
      ...groups,
    },
    consumer: given.consumer ?? 'caracal-edge',
    keyPrefix,
    keys: keys && (await importStreamKeys(keys)),
    ttlMs: given.defaultTtlMs ?? DEFAULT_TTL_MS,
    lossHoldMs: given.lossHoldMs ?? MANDATE_LIFE_MS,
    giveUp: given.giveUp ?? [],
    maxMessages: given.maxMessages ?? 1_000,
    maxDurationMs: given.maxDurationMs ?? 20_000,
  }
  return (signal) => syncPass(send, plan, signal)
}

/** Longer than for a lookup, because no request waits for a pass. */
const COMMAND_TIMEOUT_MS = 5_000

const KEY_ADVICE =
  "set it, or the option hmacKey, to the platform's stream key; or set unsignedStreams: 'accept', if whoever can write to the streams is trusted"

function keysOf(
  options: unknown,
  { env, hmacKey: keys, unsignedStreams }: GivenPass,
  issues: string[],
): HmacKeys | undefined {
  if (unsignedStreams === 'accept') {
    if (isGiven(options, 'hmacKey'))
      issues.push('hmacKey has no effect with unsignedStreams: set only one of the two')
    return undefined
  }
  return isGiven(options, 'hmacKey')
    ? keys
    : requiredVariable(env, 'STREAMS_HMAC_KEY', hmacKey, issues, KEY_ADVICE)
}
