// The key set that a zone's issuer serves: when it is fetched, how long it is used, and what happens in an outage.

import { keepRunning, keepsWorkRunning } from '#runtime-environment'
import { KeySetUnavailableError } from '../decision/errors.ts'
import { type Clock, isWithin } from '../lib/clock.ts'
import { KEY_SET_GRACE_MS, KEY_SET_REFRESH_FROM } from '../lib/limits.ts'
import type { KeySetOrigin } from './cached-key-set.ts'
import { FetchesUnderWay } from './fetches-under-way.ts'
import type { FoundKey, KeyDocument, Lookup } from './key-document.ts'
import type { KeySet } from './key-set.ts'
import { KeySetAttempt, type Outcome } from './key-set-attempt.ts'
import { type KeySetFailure, retryPauseMs } from './key-set-failure.ts'
import type { RemoteKeys } from './key-setting.ts'
import { NewestDocument } from './newest-document.ts'

/** A failed attempt. */
interface Failed {
  readonly at: number
  readonly why: KeySetFailure
  /** How many failed in a row while there were no keys to use. */
  readonly withoutKeys: number
  /** The time until the next attempt if there are no keys to use. */
  readonly pauseMs: number
}

/**
 * The document is fresh for `maxAgeMs`, then reloaded. If that fails, it is stale, and used up to `maxStaleMs`. Both
 * ages count from the start of its fetch. After a failure the next attempt waits for `cooldownMs`, or for a shorter and
 * growing pause if there is no document to use.
 *
 * A key that is not in the document may be a new one, and a bad signature may come from a key that was replaced under
 * the same id: one attempt per `cooldownMs` searches for it.
 *
 * A cache is asked before the STS, but never in a search. What it brings ages from its fetch, too.
 */
export class RemoteKeySet implements KeySet {
  readonly #setting: RemoteKeys
  readonly #now: Clock
  readonly #tooLate: KeySetFailure
  readonly #newest: NewestDocument
  readonly #underWay: FetchesUnderWay
  #searchedAt = Number.NEGATIVE_INFINITY
  /** No refresh before this time. */
  #refreshFrom = 0
  /** The last failure, until the STS sends a document. */
  #failed: Failed | undefined
  #attempt: KeySetAttempt | undefined

  constructor(origin: KeySetOrigin, setting: RemoteKeys, now: Clock) {
    this.#setting = setting
    this.#now = now
    this.#tooLate = { fault: 'timeout', details: { host: new URL(origin.url).host }, retryAfterMs: 0 }
    this.#underWay = new FetchesUnderWay(setting.timeoutMs + KEY_SET_GRACE_MS, now)
    this.#newest = new NewestDocument(origin, setting, now, () => {
      this.#failed = undefined
    })
  }

  fresh(nowMs: number): KeyDocument | undefined {
    return this.#newest.youngerThan(this.#setting.maxAgeMs, nowMs)
  }

  refreshAhead(nowMs: number): void {
    if (nowMs >= this.#newest.dueAt && nowMs >= this.#refreshFrom) this.#refresh()
  }

  async load(): Promise<void> {
    await this.#current()
  }

  async find(kid: string): Promise<FoundKey | undefined> {
    const askedAt = this.#now()
    const document = await this.#current()
    const found = await document.find(kid)
    return this.#keyIn(found.ok || !this.#maySearch(askedAt) ? found : await this.#search(kid, askedAt))
  }

  async renewed(kid: string, { document }: FoundKey, askedAt: number): Promise<FoundKey | undefined> {
    const newest = this.#usable()
    const isNewer = newest !== undefined && newest !== document
    if (isNewer) return this.#keyIn(await newest.find(kid))
    return this.#maySearch(askedAt) ? this.#keyIn(await this.#search(kid, askedAt)) : undefined
  }

  #keyIn(found: Lookup): FoundKey | undefined {
    if (found.ok) return found.value
    if (found.reason === undefined) return undefined
    throw this.#unavailable(found.reason)
  }

  /** The fresh document, reloaded if necessary, or the stale one in an outage. */
  async #current(): Promise<KeyDocument> {
    const fresh = this.fresh(this.#now())
    if (fresh !== undefined) return fresh
    if (this.#isReloading() || !this.#isCoolingDown()) {
      const reloaded = await this.#reloaded(this.#usable() !== undefined, this.#setting.maxAgeMs)
      if (reloaded.ok) return reloaded.value
    }
    const stale = this.#usable()
    if (stale === undefined) throw this.#unavailable()
    return stale
  }

  /** The document, as long as an outage allows it to be used. */
  #usable(): KeyDocument | undefined {
    const { maxStaleMs, maxAgeMs } = this.#setting
    return this.#newest.youngerThan(Math.max(maxStaleMs, maxAgeMs), this.#now())
  }

  /** Whether there could be another key in a newer document, and this request may search for it. */
  #maySearch(askedAt: number): boolean {
    if (this.#isReloading()) return true
    // After a failure, it is not known whether the key exists: that is an outage, not an unknown key.
    if (this.#isCoolingDown()) throw this.#unavailable()
    if (this.#newest.fetchedAt >= askedAt) {
      // The document has been fetched since the request arrived. That was the search.
      this.#searchedAt = this.#newest.fetchedAt
      return false
    }
    return !isWithin(this.#setting.cooldownMs, this.#searchedAt, this.#now())
  }

  async #search(kid: string, askedAt: number): Promise<Lookup> {
    // A search counts even if its request is aborted: otherwise an attacker could cause one fetch after another.
    if (this.#attempt === undefined) this.#searchedAt = this.#now()
    const reloaded = await this.#reloaded(false)
    if (!reloaded.ok) throw this.#unavailable(reloaded.reason)
    // An attempt that was under way may have ended with the cache. That was no search: it can be older than the key.
    const isSearched = !this.#newest.isCached(reloaded.value) || !this.#maySearch(askedAt)
    return isSearched ? reloaded.value.find(kid) : this.#search(kid, askedAt)
  }

  #isReloading(): boolean {
    this.#attempt?.endIfLost()
    return this.#attempt !== undefined
  }

  /**
   * The outcome of the attempt that is under way, or of a new one. Nothing is awaited before it starts.
   * @param cacheAgeMs how old a set of the cache may be; 0 for one of the STS
   */
  #reloaded(hasOldKeys: boolean, cacheAgeMs = 0): Promise<Outcome> {
    if (this.#attempt !== undefined) return this.#attempt.outcome(hasOldKeys)
    let ageMs = cacheAgeMs
    this.#attempt = new KeySetAttempt({
      fetch: () => {
        const fetched = this.#underWay.add(this.#newest.fetch(ageMs))
        ageMs = 0 // The second fetch is made because the first one takes long, perhaps because of the cache.
        return fetched
      },
      underWay: this.#underWay,
      timeoutMs: this.#setting.timeoutMs,
      now: this.#now,
      tooLate: this.#tooLate,
      onEnd: (outcome, endedAt) => this.#ended(outcome, endedAt),
    })
    // Who has started a fetch waits for it: on some platforms it ends with the request.
    return this.#attempt.outcome(false)
  }

  /** Fetches beside the request. A failure affects the next such fetch only: `#failed` is for those who wait. */
  #refresh(): void {
    const now = this.#now()
    const isIdle = this.#attempt === undefined && this.#underWay.areNone && !this.#isCoolingDown()
    if (this.fresh(now) === undefined || !isIdle || !keepsWorkRunning()) return
    const { cooldownMs, timeoutMs, maxAgeMs } = this.#setting
    // It may be lost, and never end.
    this.#refreshFrom = now + Math.max(cooldownMs, timeoutMs + KEY_SET_GRACE_MS)
    const fetched = this.#underWay.add(this.#newest.fetch(maxAgeMs * KEY_SET_REFRESH_FROM))
    const refreshed = fetched.then((outcome) => {
      const pauseMs = outcome.ok ? 0 : Math.max(cooldownMs, outcome.reason.retryAfterMs)
      this.#refreshFrom = this.#now() + pauseMs
    })
    keepRunning(refreshed)
  }

  #ended(outcome: Outcome, at: number): void {
    this.#attempt = undefined
    if (outcome.ok) return
    const why = outcome.reason
    const withoutKeys = this.#usable() === undefined ? (this.#failed?.withoutKeys ?? 0) + 1 : 0
    const pauseMs = retryPauseMs(why, Math.max(1, withoutKeys), this.#setting.cooldownMs)
    this.#failed = { at, why, withoutKeys, pauseMs }
  }

  #isCoolingDown(): boolean {
    return this.#failed !== undefined && isWithin(this.#pauseMs(this.#failed), this.#failed.at, this.#now())
  }

  /** With keys to use there is no hurry, and strangers could cause the attempts. */
  #pauseMs({ pauseMs, why }: Failed): number {
    if (this.#usable() === undefined) return pauseMs
    return Math.max(this.#setting.cooldownMs, why.retryAfterMs)
  }

  #unavailable({ fault, details } = this.#failed?.why ?? this.#tooLate): KeySetUnavailableError {
    // Without a failure it is a key that cannot be used, and the next search may bring another.
    const [since, pauseMs] = this.#failed
      ? [this.#failed.at, this.#pauseMs(this.#failed)]
      : [this.#searchedAt, this.#setting.cooldownMs]
    const waitMs = Math.min(pauseMs, since + pauseMs - this.#now())
    return new KeySetUnavailableError(fault, Math.max(1, Math.ceil(waitMs / 1000)), details)
  }
}
