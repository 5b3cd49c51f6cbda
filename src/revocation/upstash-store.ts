// Revocations in a Redis that all isolates share, reached over Upstash's REST protocol.

import type { Redis } from '@upstash/redis/cloudflare'
import { type Check, identifier, secureUrl, wholeNumber } from '../config/checks.ts'
import { variable } from '../config/environment.ts'
import { isGiven, readOptions } from '../config/read-options.ts'
import { CaracalConfigError, RevocationUnavailableError } from '../errors.ts'
import { assertEpoch, assertId, assertTtl, DEFAULT_TTL_MS } from './arguments.ts'
import { anchorKey, DEFAULT_KEY_PREFIX, epochKey } from './redis-names.ts'
import type { RevocationQuery, RevocationState, WritableRevocationStore } from './store.ts'
import { createUpstashClient } from './upstash-client.ts'

/** The options of {@link UpstashRevocationStore}. */
export interface UpstashRevocationStoreOptions {
  /** The REST URL of the database: `https:`, or `http:` on a loopback host. */
  readonly url: string
  /** Its REST token. */
  readonly token: string
  /** What every key begins with. Default: `caracal:revoked:sessions:`, which services in other languages use. */
  readonly keyPrefix?: string
  /** How long a revocation is remembered, in milliseconds. Default: 24 hours. */
  readonly defaultTtlMs?: number
  /** The longest a lookup may take, in milliseconds. Default: 1,000. */
  readonly timeoutMs?: number
}

const headerText: Check<string> = (value, report) => {
  const text = identifier(value, report)
  if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text
  report('must be the token as Upstash shows it: printable ASCII without blanks')
  return undefined
}

const OPTIONS = {
  url: secureUrl,
  token: headerText,
  keyPrefix: identifier,
  defaultTtlMs: wholeNumber(1, 'a whole number of milliseconds, 1 or more'),
  timeoutMs: wholeNumber(1, 'a whole number of milliseconds, 1 or more'),
} as const

/**
 * Sets the epoch to the larger of the stored and the given one, compared as decimal texts so that no precision is
 * lost. Neither the epoch nor its remaining life ever gets smaller; a stored value that is no epoch is an error.
 */
const RAISE_EPOCH = `
local stored = redis.call('GET', KEYS[1])
local epoch, ttl = ARGV[1], tonumber(ARGV[2])
if stored then
  if not string.match(stored, '^%d+$') then return redis.error_reply('ERR stored epoch is malformed') end
  local digits = string.gsub(stored, '^0+(%d)', '%1')
  if #digits > #epoch or (#digits == #epoch and digits > epoch) then epoch = digits end
  local left = redis.call('PTTL', KEYS[1])
  if left == -1 then redis.call('SET', KEYS[1], epoch) return epoch end
  if left > ttl then ttl = left end
end
redis.call('SET', KEYS[1], epoch, 'PX', ttl)
return epoch
`

/**
 * A revocation store on Upstash Redis, for production: what is revoked anywhere is refused everywhere from the next
 * request on. A lookup is one HTTP request with one `MGET`; nothing about an unrevoked mandate is remembered.
 *
 * @example
 * ```ts
 * withCaracal(handler, (env: Env) => ({ revocations: UpstashRevocationStore.fromEnv(env) }))
 * ```
 */
export class UpstashRevocationStore implements WritableRevocationStore {
  readonly #redis: Redis
  readonly #keyPrefix: string
  readonly #defaultTtlMs: number

  /** @throws {CaracalConfigError} naming every mistake */
  constructor(options: UpstashRevocationStoreOptions) {
    const issues: string[] = []
    const { url, token, keyPrefix, defaultTtlMs, timeoutMs } = readOptions(options, OPTIONS, '', issues)
    for (const name of ['url', 'token'] as const) {
      if (!isGiven(options, name)) issues.push(`${name} is missing: give the option, or use fromEnv()`)
    }
    if (issues.length > 0 || url === undefined || token === undefined) throw new CaracalConfigError(issues)
    this.#redis = createUpstashClient({ url, token, timeoutMs: timeoutMs ?? 1_000 })
    this.#keyPrefix = keyPrefix ?? DEFAULT_KEY_PREFIX
    this.#defaultTtlMs = defaultTtlMs ?? DEFAULT_TTL_MS
  }

  /**
   * Reads `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN`.
   * @param env Workers' bindings, asked before the runtime's own environment
   * @throws {CaracalConfigError} when one is missing or malformed
   */
  static fromEnv(env?: object): UpstashRevocationStore {
    const issues: string[] = []
    const look = (name: 'UPSTASH_REDIS_REST_URL' | 'UPSTASH_REDIS_REST_TOKEN', check: Check<string>) => {
      const value = variable(env, name)
      if (value !== undefined) return check(value, (problem) => issues.push(`${name} ${problem}`))
      issues.push(`${name} is not set`)
      return undefined
    }
    const url = look('UPSTASH_REDIS_REST_URL', secureUrl)
    const token = look('UPSTASH_REDIS_REST_TOKEN', headerText)
    if (url === undefined || token === undefined) throw new CaracalConfigError(issues)
    return new UpstashRevocationStore({ url, token })
  }

  async lookup({ anchors, zoneId }: RevocationQuery): Promise<RevocationState> {
    const anchorKeys = new Set(anchors.map((anchorId) => anchorKey(this.#keyPrefix, anchorId)))
    const zoneKey = zoneId === undefined ? undefined : epochKey(this.#keyPrefix, zoneId)
    const keys = [...new Set(zoneKey === undefined ? anchorKeys : [...anchorKeys, zoneKey])]
    const values: unknown = await this.#redis.mget(keys)
    if (!Array.isArray(values) || values.length !== keys.length || !values.every(isStored)) {
      throw new RevocationUnavailableError('malformed')
    }
    return {
      revoked: keys.some((key, index) => anchorKeys.has(key) && values[index] !== null),
      delegationEpoch: zoneKey === undefined ? 0 : epochIn(values[keys.indexOf(zoneKey)]),
    }
  }

  /** @throws {RevocationUnavailableError} (rejects) when Redis did not confirm it */
  async markRevoked(anchorId: string, ttlMs: number = this.#defaultTtlMs): Promise<void> {
    assertId('anchorId', anchorId)
    assertTtl(ttlMs)
    const result: unknown = await this.#redis.set(anchorKey(this.#keyPrefix, anchorId), '1', { px: ttlMs })
    if (result !== 'OK') throw new RevocationUnavailableError('malformed')
  }

  /** @throws {RevocationUnavailableError} (rejects) when Redis did not confirm it */
  async markDelegationEpoch(
    zoneId: string,
    epoch: number | bigint,
    ttlMs: number = this.#defaultTtlMs,
  ): Promise<void> {
    assertId('zoneId', zoneId)
    assertEpoch(epoch)
    assertTtl(ttlMs)
    const keys = [epochKey(this.#keyPrefix, zoneId)]
    const result: unknown = await this.#redis.eval(RAISE_EPOCH, keys, [String(epoch), String(ttlMs)])
    if (typeof result !== 'string' || !/^\d+$/.test(result)) throw new RevocationUnavailableError('malformed')
  }
}

function isStored(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

/** Past 2^53 a number would lie; `Infinity` is newer than any mandate. What is no number is no answer. */
function epochIn(value: string | null | undefined): number {
  if (value === null) return 0
  if (value === undefined || !/^\d+$/.test(value)) throw new RevocationUnavailableError('malformed')
  const epoch = Number(value)
  return Number.isSafeInteger(epoch) ? epoch : Number.POSITIVE_INFINITY
}
