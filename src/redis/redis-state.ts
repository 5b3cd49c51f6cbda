// Writes the revocation state in Redis, so that a mark or an epoch is never weakened.

import { RevocationUnavailableError } from '../decision/errors.ts'
import type { RunScript } from './command.ts'
import { anchorKey, epochKey } from './redis-names.ts'

/**
 * Marks every key. A string that is already there counts as a mark and is not changed, so that an id that looks like an
 * epoch key cannot lower an epoch. Its TTL never gets shorter. A value that is not a string is replaced.
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
 * Sets each epoch to the larger of the stored and the new one, compared as decimal strings so that no precision is
 * lost. Neither an epoch nor its TTL ever gets smaller. A stored value that is not an epoch is an error.
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
  readonly #run: RunScript
  readonly #prefix: string

  /** @param run may do more in the same step */
  constructor(run: RunScript, prefix: string) {
    this.#run = run
    this.#prefix = prefix
  }

  /** @throws {RevocationUnavailableError} (rejects) unless Redis confirms all of them */
  async markRevoked(anchorIds: readonly string[], ttlMs: number): Promise<void> {
    const keys = anchorIds.map((anchorId) => anchorKey(this.#prefix, anchorId))
    const marked: unknown = await this.#run(MARK_REVOKED, keys, [String(ttlMs)])
    if (marked !== keys.length) throw new RevocationUnavailableError('malformed')
  }

  /** @throws {RevocationUnavailableError} (rejects) unless Redis confirms all of them */
  async raiseEpochs(
    epochs: readonly (readonly [zoneId: string, epoch: number | bigint])[],
    ttlMs: number,
  ): Promise<void> {
    const keys = epochs.map(([zoneId]) => epochKey(this.#prefix, zoneId))
    const values = epochs.map(([, epoch]) => String(epoch))
    const raised: unknown = await this.#run(RAISE_EPOCHS, keys, [String(ttlMs), ...values])
    if (raised !== keys.length) throw new RevocationUnavailableError('malformed')
  }
}
