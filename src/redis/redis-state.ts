// The state that services share in Redis: reading all of it at once, and writing it so that nothing is ever lost.

import type { Redis } from '@upstash/redis/cloudflare'
import { RevocationUnavailableError } from '../decision/errors.ts'
import type { RevocationQuery, RevocationState } from '../revocation/store.ts'
import { anchorKey, epochKey, heartbeatKey } from './redis-names.ts'

/**
 * Marks every key. A text that is there already counts as a mark and stays as it is, so that an id that looks like an
 * epoch cannot lower one; what is left of its life never gets shorter. Anything else than a text is replaced.
 */
const MARK_REVOKED = `
local ttl = tonumber(ARGV[1])
for _, key in ipairs(KEYS) do
  if redis.call('TYPE', key).ok ~= 'string' then
    redis.call('SET', key, '1', 'PX', ttl)
  else
    local left = redis.call('PTTL', key)
    if left ~= -1 and left < ttl then redis.call('PEXPIRE', key, ttl) end
  end
end
return #KEYS
`

/**
 * Sets each epoch to the larger of the stored and the given one, compared as decimal texts so that no precision is
 * lost. Neither an epoch nor its remaining life ever gets smaller; a stored value that is no epoch is an error.
 */
const RAISE_EPOCHS = `
for at, key in ipairs(KEYS) do
  local stored = redis.call('GET', key)
  local epoch, ttl = ARGV[at + 1], tonumber(ARGV[1])
  local left = -2
  if stored then
    if not string.match(stored, '^%d+$') then return redis.error_reply('ERR stored epoch is malformed') end
    local digits = string.gsub(stored, '^0+(%d)', '%1')
    if #digits > #epoch or (#digits == #epoch and digits > epoch) then epoch = digits end
    left = redis.call('PTTL', key)
  end
  if left == -1 then redis.call('SET', key, epoch)
  else redis.call('SET', key, epoch, 'PX', math.max(left, ttl)) end
end
return #KEYS
`

export class RedisState {
  readonly #redis: Redis
  readonly #prefix: string

  constructor(redis: Redis, prefix: string) {
    this.#redis = redis
    this.#prefix = prefix
  }

  /**
   * One `MGET` for everything. With `maxSyncAgeMs`, the heartbeat of the stream consumer must be younger than that.
   * @throws {RevocationUnavailableError} (rejects) unless every value is there and of its form
   */
  async read(
    { anchors, zoneId }: RevocationQuery,
    maxSyncAgeMs: number | undefined,
  ): Promise<RevocationState> {
    const anchorKeys = anchors.map((anchorId) => anchorKey(this.#prefix, anchorId))
    const zoneKey = zoneId === undefined ? undefined : epochKey(this.#prefix, zoneId)
    const beatKey = maxSyncAgeMs === undefined ? undefined : heartbeatKey(this.#prefix)
    const asked = [...anchorKeys, zoneKey, beatKey].filter((key) => key !== undefined)
    const values = await this.#valuesOf([...new Set(asked)])
    if (beatKey !== undefined) assertYoung(values.get(beatKey), maxSyncAgeMs)
    return {
      revoked: anchorKeys.some((key) => values.get(key) !== null),
      delegationEpoch: zoneKey === undefined ? 0 : epochIn(values.get(zoneKey)),
    }
  }

  /** @throws {RevocationUnavailableError} (rejects) unless Redis confirmed every one */
  async markRevoked(anchorIds: readonly string[], ttlMs: number): Promise<void> {
    const keys = anchorIds.map((anchorId) => anchorKey(this.#prefix, anchorId))
    const marked: unknown = await this.#redis.eval(MARK_REVOKED, keys, [String(ttlMs)])
    if (marked !== keys.length) throw new RevocationUnavailableError('malformed')
  }

  /** @throws {RevocationUnavailableError} (rejects) unless Redis confirmed every one */
  async raiseEpochs(
    epochs: readonly (readonly [zoneId: string, epoch: number | bigint])[],
    ttlMs: number,
  ): Promise<void> {
    const keys = epochs.map(([zoneId]) => epochKey(this.#prefix, zoneId))
    const values = epochs.map(([, epoch]) => String(epoch))
    const raised: unknown = await this.#redis.eval(RAISE_EPOCHS, keys, [String(ttlMs), ...values])
    if (raised !== keys.length) throw new RevocationUnavailableError('malformed')
  }

  async #valuesOf(keys: readonly string[]): Promise<ReadonlyMap<string, string | null>> {
    const values: unknown = await this.#redis.mget([...keys])
    if (!Array.isArray(values) || values.length !== keys.length || !values.every(isStored)) {
      throw new RevocationUnavailableError('malformed')
    }
    return new Map(keys.map((key, index) => [key, values[index] ?? null]))
  }
}

const DIGITS = /^\d+$/

function isStored(value: unknown): value is string | null {
  return value === null || typeof value === 'string'
}

/** Past 2^53 a number would lie; `Infinity` is newer than any mandate. What is no number is no answer. */
function epochIn(value: string | null | undefined): number {
  if (value === null) return 0
  if (value === undefined || !DIGITS.test(value)) throw new RevocationUnavailableError('malformed')
  const epoch = Number(value)
  return Number.isSafeInteger(epoch) ? epoch : Number.POSITIVE_INFINITY
}

/** A clock that runs a little ahead elsewhere is no silence; one that is far ahead would hide any. */
const MAX_CLOCK_SKEW_MS = 60_000

function assertYoung(heartbeat: string | null | undefined, maxAgeMs = 0): void {
  if (heartbeat === null || heartbeat === undefined) throw new RevocationUnavailableError('stale')
  if (!DIGITS.test(heartbeat)) throw new RevocationUnavailableError('malformed')
  const ageMs = Date.now() - Number(heartbeat)
  if (ageMs > maxAgeMs || ageMs < -MAX_CLOCK_SKEW_MS) throw new RevocationUnavailableError('stale')
}
