// Looks the revocation state up in Redis: anchors, epoch and heartbeat in one question.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { MAX_HEARTBEAT_LEAD_MS } from '../lib/limits.ts'
import { assertText } from '../revocation/arguments.ts'
import { measurementsOf } from '../revocation/measured-lookups.ts'
import type { RevocationQuery, RevocationState } from '../revocation/store.ts'
import { anchorKey, epochKey, heartbeatKey } from './redis-names.ts'
import type { SharedQuestions } from './shared-questions.ts'

export class RedisLookup {
  readonly #questions: SharedQuestions
  readonly #prefix: string
  readonly #maxSyncAgeMs: number | undefined

  /** @param maxSyncAgeMs the longest time since the heartbeat of the stream consumer; `undefined` if it is not read */
  constructor(questions: SharedQuestions, prefix: string, maxSyncAgeMs: number | undefined) {
    this.#questions = questions
    this.#prefix = prefix
    this.#maxSyncAgeMs = maxSyncAgeMs
  }

  /**
   * @throws {RevocationUnavailableError} (rejects) if a value is missing from the reply or malformed
   * @throws {TypeError} (rejects) for an id that cannot be asked for. Others that are asked for at the same time are not.
   */
  async read(query: RevocationQuery): Promise<RevocationState> {
    const { anchors, zoneId } = query
    const anchorKeys = anchors.map((anchorId) => {
      assertText('an anchor', anchorId)
      return anchorKey(this.#prefix, anchorId)
    })
    if (zoneId !== undefined) assertText('zoneId', zoneId)
    const zoneKey = zoneId === undefined ? undefined : epochKey(this.#prefix, zoneId)
    const beatKey = this.#maxSyncAgeMs === undefined ? undefined : heartbeatKey(this.#prefix)
    const keys = distinct(anchorKeys, zoneKey, beatKey)
    const values = await this.#questions.valuesOf(keys, measurementsOf(query))
    if (beatKey !== undefined) assertFresh(values.get(beatKey), this.#maxSyncAgeMs)
    return {
      revoked: anchorKeys.some((key) => values.get(key) !== null),
      delegationEpoch: zoneKey === undefined ? 0 : storedEpoch(values.get(zoneKey)),
    }
  }
}

/** The keys to ask for. There are so few of them that a Set costs more. */
function distinct(
  anchorKeys: readonly string[],
  ...others: readonly (string | undefined)[]
): readonly string[] {
  const keys: string[] = []
  for (const key of anchorKeys) if (!keys.includes(key)) keys.push(key)
  for (const key of others) if (key !== undefined && !keys.includes(key)) keys.push(key)
  return keys
}

const DIGITS = /^\d+$/

/** A JavaScript number is not exact above 2^53. `Infinity` is newer than the epoch of any mandate. */
function storedEpoch(value: string | null | undefined): number {
  if (value === null) return 0
  if (value === undefined || !DIGITS.test(value)) throw new RevocationUnavailableError('malformed')
  const epoch = Number(value)
  return Number.isSafeInteger(epoch) ? epoch : Number.POSITIVE_INFINITY
}

function assertFresh(heartbeat: string | null | undefined, maxAgeMs = 0): void {
  if (heartbeat === null || heartbeat === undefined) throw new RevocationUnavailableError('stale')
  if (!DIGITS.test(heartbeat)) throw new RevocationUnavailableError('malformed')
  const ageMs = Date.now() - Number(heartbeat)
  if (ageMs > maxAgeMs || ageMs < -MAX_HEARTBEAT_LEAD_MS) throw new RevocationUnavailableError('stale')
}
