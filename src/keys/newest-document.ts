// The newest key set that this isolate knows of one origin: fetched from the STS, or by another isolate through the cache.

import { keepRunning } from '#runtime-environment'
import { type Clock, isWithin } from '../lib/clock.ts'
import {
  KEY_SET_PATIENCE,
  KEY_SET_REFRESH_FROM,
  KEY_SET_REFRESH_SPREAD,
  MAX_KEY_SET_CACHE_WAIT_MS,
} from '../lib/limits.ts'
import { success } from '../lib/result.ts'
import { type CachedDocument, CachedKeySet, type KeySetOrigin } from './cached-key-set.ts'
import { fetchKeyDocument } from './fetch-key-document.ts'
import type { KeyDocument } from './key-document.ts'
import type { Outcome } from './key-set-attempt.ts'
import type { RemoteKeys } from './key-setting.ts'

export class NewestDocument {
  readonly #url: string
  readonly #setting: RemoteKeys
  readonly #now: Clock
  readonly #cache: CachedKeySet | undefined
  readonly #onServed: () => void
  #document: KeyDocument | undefined
  #fetchedAt = Number.NEGATIVE_INFINITY
  #dueAt = Number.POSITIVE_INFINITY
  /** The last document that came from the cache. */
  #cached: KeyDocument | undefined
  /** Fetches are numbered, so that a late one does not replace a newer document. */
  #fetches = 0
  #newestFetch = 0

  /** @param onServed called when a newer document has come from the STS */
  constructor(origin: KeySetOrigin, setting: RemoteKeys, now: Clock, onServed: () => void) {
    this.#url = origin.url
    this.#setting = setting
    this.#now = now
    this.#cache = setting.cache && new CachedKeySet(origin, setting.cache)
    this.#onServed = onServed
  }

  /** When its fetch began, in whichever isolate. */
  get fetchedAt(): number {
    return this.#fetchedAt
  }

  /** When it should be fetched again beside a request. */
  get dueAt(): number {
    return this.#dueAt
  }

  youngerThan(ageMs: number, nowMs: number): KeyDocument | undefined {
    return isWithin(ageMs, this.#fetchedAt, nowMs) ? this.#document : undefined
  }

  isCached(document: KeyDocument): boolean {
    return document === this.#cached
  }

  /**
   * Never rejects, and ends within the time limit of a fetch, the reading of the cache included.
   * @param cacheAgeMs the STS is not asked if the cache has a document younger than this; 0: it is asked in any case
   */
  async fetch(cacheAgeMs: number): Promise<Outcome> {
    const { timeoutMs } = this.#setting
    const askedAt = this.#now()
    if (this.#cache !== undefined && cacheAgeMs > 0) {
      await this.#read(this.#cache)
      const document = this.youngerThan(cacheAgeMs, this.#now())
      if (document !== undefined) return success(document)
    }
    this.#fetches += 1
    const [number, startedAt] = [this.#fetches, this.#now()]
    const leftMs = Math.max(1, Math.min(timeoutMs, askedAt + timeoutMs - startedAt))
    const outcome = await fetchKeyDocument(this.#url, { fetch: this.#setting.fetch, timeoutMs: leftMs })
    // Meanwhile, the cache may have brought what another isolate has fetched later.
    const hasNewer = startedAt < this.#fetchedAt && this.#fetchedAt <= this.#now()
    if (outcome.ok && number > this.#newestFetch && !hasNewer) {
      this.#newestFetch = number
      this.#keep({ document: outcome.value, fetchedAt: startedAt })
      this.#onServed()
      this.#write({ document: outcome.value, fetchedAt: startedAt })
    }
    return outcome
  }

  async #read(cache: CachedKeySet): Promise<void> {
    const cached = await cache.read(
      Math.min(MAX_KEY_SET_CACHE_WAIT_MS, this.#setting.timeoutMs * KEY_SET_PATIENCE),
    )
    if (cached === undefined || cached.fetchedAt <= this.#fetchedAt) return
    if (!isWithin(this.#lastsMs, cached.fetchedAt, this.#now())) return
    this.#cached = cached.document
    this.#keep(cached)
  }

  /** Beside the request. */
  #write(served: CachedDocument): void {
    if (this.#cache === undefined || this.#lastsMs === 0) return
    keepRunning(this.#cache.write(served, this.#lastsMs, this.#setting.timeoutMs))
  }

  /** How long it can be of use, if only in an outage. */
  get #lastsMs(): number {
    return Math.max(this.#setting.maxStaleMs, this.#setting.maxAgeMs)
  }

  #keep({ document, fetchedAt }: CachedDocument): void {
    const part = KEY_SET_REFRESH_FROM + KEY_SET_REFRESH_SPREAD * Math.random()
    this.#document = document
    this.#fetchedAt = fetchedAt
    this.#dueAt = fetchedAt + this.#setting.maxAgeMs * part
  }
}
