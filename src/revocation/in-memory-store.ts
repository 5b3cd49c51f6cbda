// A revocation store in the memory of one process, for development and tests.

import { CaracalConfigError, RevocationUnavailableError } from '../decision/errors.ts'
import { wholeNumber } from '../lib/checks.ts'
import { readOptions } from '../lib/read-options.ts'
import { assertDelegationEpoch, assertQuery, assertRevocation } from './arguments.ts'
import { DEFAULT_TTL_MS, noteDefaultTtl, timeToRemember } from './default-ttl.ts'
import type { RevocationQuery, RevocationState, WritableRevocationStore } from './store.ts'

/** The options of {@link InMemoryRevocationStore}. */
export interface InMemoryRevocationStoreOptions {
  /** How long a revocation is remembered, in milliseconds, 15 minutes or more. Default: 24 hours. */
  readonly defaultTtlMs?: number
  /** The most revocations and epochs that are held. Default: 100,000. */
  readonly maxEntries?: number
}

interface Entry<Value> {
  readonly value: Value
  readonly ttlMs: number
  /** `undefined` until the clock runs: see `leftOf`. */
  endsAt: number | undefined
}

const OPTIONS = {
  defaultTtlMs: timeToRemember,
  maxEntries: wholeNumber(1, 'a whole number, 1 or more'),
} as const

/**
 * Keeps revocations in this process's memory: no other process or isolate sees them, and a restart loses them.
 * For development and tests. Production needs a store that all isolates share.
 *
 * When it is full, marking throws {@link RevocationUnavailableError}. No entry is dropped before its time.
 *
 * @example
 * ```ts
 * const revocations = new InMemoryRevocationStore()
 * await revocations.markRevoked(sid)
 * ```
 */
export class InMemoryRevocationStore implements WritableRevocationStore {
  readonly #defaultTtlMs: number
  readonly #maxEntries: number
  readonly #revoked = new Map<string, Entry<true>>()
  readonly #epochs = new Map<string, Entry<number>>()

  /** @throws {CaracalConfigError} naming every mistake in the options */
  constructor(...given: readonly [options?: InMemoryRevocationStoreOptions]) {
    // `new InMemoryRevocationStore(undefined)` is a mistake, such as a misspelt variable.
    const options = given.length === 0 ? {} : given[0]
    const issues: string[] = []
    const { defaultTtlMs, maxEntries } = readOptions(options, OPTIONS, issues)
    if (issues.length > 0) throw new CaracalConfigError(issues)
    this.#defaultTtlMs = defaultTtlMs ?? DEFAULT_TTL_MS
    this.#maxEntries = maxEntries ?? 100_000
    noteDefaultTtl(this, this.#defaultTtlMs)
  }

  lookup(query: RevocationQuery): RevocationState {
    assertQuery(query)
    const { anchors, zoneId } = query
    const revoked = anchors.some((anchor) => valueAt(this.#revoked, anchor) === true)
    return { revoked, delegationEpoch: (zoneId !== undefined && valueAt(this.#epochs, zoneId)) || 0 }
  }

  async markRevoked(anchorId: string, ttlMs: number = this.#defaultTtlMs): Promise<void> {
    assertRevocation(anchorId, ttlMs)
    this.#set(this.#revoked, anchorId, true, ttlMs)
  }

  async markDelegationEpoch(
    zoneId: string,
    epoch: number | bigint,
    ttlMs: number = this.#defaultTtlMs,
  ): Promise<void> {
    assertDelegationEpoch(zoneId, epoch, ttlMs)
    const given = epoch > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : Number(epoch)
    const value = Math.max(given, valueAt(this.#epochs, zoneId) ?? 0)
    this.#set(this.#epochs, zoneId, value, ttlMs)
  }

  #set<Value>(entries: Map<string, Entry<Value>>, key: string, value: Value, ttlMs: number): void {
    const now = Date.now()
    const known = entries.get(key)
    if (known === undefined && this.#isFull(now)) throw new RevocationUnavailableError('full')
    // Marking again never shortens the time of an earlier mark.
    const left = known === undefined ? 0 : leftOf(known, now)
    const longest = Math.max(ttlMs, left)
    entries.set(key, { value, ttlMs: longest, endsAt: now > 0 ? now + longest : undefined })
  }

  /** Expired entries are removed only when the store is full. */
  #isFull(now: number): boolean {
    if (this.#revoked.size + this.#epochs.size < this.#maxEntries) return false
    for (const entries of [this.#revoked, this.#epochs]) {
      for (const [key, entry] of entries) if (leftOf(entry, now) <= 0) entries.delete(key)
    }
    return this.#revoked.size + this.#epochs.size >= this.#maxEntries
  }
}

/**
 * How much time an entry has left. On Workers, the clock is 0 until the first request. An entry that was marked before,
 * at a module's top level, would have expired in 1970. Its time starts when it is first read with a running clock.
 */
function leftOf(entry: Entry<unknown>, now: number): number {
  if (now <= 0 && entry.endsAt === undefined) return entry.ttlMs
  entry.endsAt ??= now + entry.ttlMs
  return entry.endsAt - now
}

function valueAt<Value>(entries: ReadonlyMap<string, Entry<Value>>, key: string): Value | undefined {
  const entry = entries.get(key)
  return entry !== undefined && leftOf(entry, Date.now()) > 0 ? entry.value : undefined
}
