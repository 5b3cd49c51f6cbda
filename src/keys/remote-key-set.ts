// The key set that a zone's issuer serves: when it is fetched, how long it is used, and what happens in an outage.

import { KeySetUnavailableError } from '../decision/errors.ts'
import { type Clock, isWithin } from '../lib/clock.ts'
import { KEY_SET_GRACE_MS } from '../lib/limits.ts'
import { failure, type Result } from '../lib/result.ts'
import { within } from '../lib/time-limit.ts'
import { fetchKeyDocument, type KeySetFailure } from './fetch-key-document.ts'
import type { FoundKey, KeyDocument } from './key-document.ts'
import type { KeySet } from './key-set.ts'
import type { RemoteKeys } from './key-setting.ts'

type Outcome = Result<KeyDocument, KeySetFailure>

/** A fetch in progress. */
interface Reload {
  readonly startedAt: number
  /** Never settles if the request that made the fetch has ended. */
  readonly outcome: Promise<Outcome>
}

/**
 * The document is fresh for `maxAgeMs`, then reloaded. If that fails, it is stale, and used up to `maxStaleMs`. Both
 * ages count from the start of its fetch. After a failure, reloads are cooling down: there is none for `cooldownMs`.
 * A key that is not in the document may be a new one: one reload per `cooldownMs` searches for it.
 *
 * Requests share a reload. A request that waits for the reload of another has its own timer: on Workers, the promise of
 * a request that has ended never settles. After the longest time a reload can take, one of the waiting requests starts
 * a new one.
 */
export class RemoteKeySet implements KeySet {
  readonly #url: string
  readonly #setting: RemoteKeys
  readonly #now: Clock
  readonly #tooLate: KeySetFailure
  #document: KeyDocument | undefined
  #fetchedAt = Number.NEGATIVE_INFINITY
  #searchedAt = Number.NEGATIVE_INFINITY
  /** The last failure, until a reload succeeds. */
  #failure: { readonly at: number; readonly why: KeySetFailure } | undefined
  #reload: Reload | undefined

  constructor(url: string, setting: RemoteKeys, now: Clock) {
    this.#url = url
    this.#setting = setting
    this.#now = now
    this.#tooLate = { fault: 'timeout', details: { host: new URL(url).host } }
  }

  fresh(nowMs: number): KeyDocument | undefined {
    return isWithin(this.#setting.maxAgeMs, this.#fetchedAt, nowMs) ? this.#document : undefined
  }

  async load(): Promise<void> {
    await this.#usable()
  }

  async find(kid: string): Promise<FoundKey | undefined> {
    const askedAt = this.#now()
    const document = await this.#usable()
    const found = await document.find(kid)
    if (found !== undefined || !this.#mayHaveRotated(askedAt)) return found
    const reloaded = await this.#search()
    return reloaded.find(kid)
  }

  /** The fresh document, reloaded if necessary, or the stale one in an outage. */
  async #usable(): Promise<KeyDocument> {
    const fresh = this.fresh(this.#now())
    if (fresh !== undefined) return fresh
    if (this.#reload !== undefined || !this.#isCoolingDown()) {
      // With a stale document, there is no reason to wait for a second reload.
      const reloaded = await this.#reloaded(this.#stale() === undefined ? 2 : 1)
      if (reloaded.ok) return reloaded.value
    }
    const stale = this.#stale()
    if (stale === undefined) throw this.#unavailable()
    return stale
  }

  /** The document, as long as an outage allows it to be used. */
  #stale(): KeyDocument | undefined {
    const lastsMs = Math.max(this.#setting.maxStaleMs, this.#setting.maxAgeMs)
    return isWithin(lastsMs, this.#fetchedAt, this.#now()) ? this.#document : undefined
  }

  /** Whether a missing key could be in a newer document, and this request may search for it. */
  #mayHaveRotated(askedAt: number): boolean {
    // After a failure, it is not known whether the key exists: that is an outage, not an unknown key.
    if (this.#isCoolingDown()) throw this.#unavailable()
    if (this.#reload !== undefined) return true
    if (this.#fetchedAt >= askedAt) {
      // The document has been fetched since the request arrived. That was the search.
      this.#searchedAt = this.#fetchedAt
      return false
    }
    return !this.#hasJustSearched()
  }

  /** The document of the current reload, or of a new one that searches for the key. */
  async #search(): Promise<KeyDocument> {
    const reloaded = await this.#reloaded(2, () => {
      // A search counts even if its request was aborted: otherwise an attacker could cause one fetch after another.
      if (this.#hasJustSearched()) throw this.#unavailable(this.#tooLate)
      this.#searchedAt = this.#now()
    })
    if (!reloaded.ok) throw this.#unavailable(reloaded.reason)
    return reloaded.value
  }

  /**
   * Waits for the current reload, or starts one.
   * @param mostLost how many reloads of ended requests to wait for, so that no request waits without end
   * @param beforeStart may throw to prevent the start. Nothing is awaited after it, so that only one request starts one.
   */
  async #reloaded(mostLost: number, beforeStart?: () => void): Promise<Outcome> {
    for (let lost = 1; this.#reload !== undefined; lost++) {
      const reload = this.#reload
      // A reload takes longer than its time limit only if the request that made the fetch has ended.
      const longestMs = this.#setting.timeoutMs + KEY_SET_GRACE_MS
      const leftMs = Math.min(longestMs, reload.startedAt + longestMs - this.#now())
      const ended = leftMs > 0 ? await within(leftMs, reload.outcome) : failure('timeout')
      if (ended.ok) return ended.value
      if (this.#reload === reload) {
        this.#reload = undefined
        this.#failure = { at: reload.startedAt, why: this.#tooLate }
      }
      if (lost === mostLost) return failure(this.#tooLate)
    }
    beforeStart?.()
    return this.#start()
  }

  #start(): Promise<Outcome> {
    const reload: Reload = {
      startedAt: this.#now(),
      outcome: fetchKeyDocument(this.#url, this.#setting).then((outcome) => this.#end(reload, outcome)),
    }
    this.#reload = reload
    return reload.outcome
  }

  #end(reload: Reload, outcome: Outcome): Outcome {
    // Another request has started a new reload. This late result must not replace a newer document.
    if (this.#reload !== reload) return failure(this.#tooLate)
    this.#reload = undefined
    if (outcome.ok) {
      this.#document = outcome.value
      this.#fetchedAt = reload.startedAt
      this.#failure = undefined
    } else {
      this.#failure = { at: this.#now(), why: outcome.reason }
    }
    return outcome
  }

  #isCoolingDown(): boolean {
    return this.#failure !== undefined && isWithin(this.#setting.cooldownMs, this.#failure.at, this.#now())
  }

  #hasJustSearched(): boolean {
    return isWithin(this.#setting.cooldownMs, this.#searchedAt, this.#now())
  }

  #unavailable({ fault, details } = this.#failure?.why ?? this.#tooLate): KeySetUnavailableError {
    const now = this.#now()
    const waitMs = (this.#failure?.at ?? now) + this.#setting.cooldownMs - now
    return new KeySetUnavailableError(fault, Math.max(1, Math.ceil(waitMs / 1000)), details)
  }
}
