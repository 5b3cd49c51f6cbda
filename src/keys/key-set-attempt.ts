// One attempt to get a zone's keys: a fetch, and a second one if the first takes long. Requests share it.

import { keepRunning } from '#runtime-environment'
import type { Clock } from '../lib/clock.ts'
import { KEY_SET_GRACE_MS, KEY_SET_PATIENCE } from '../lib/limits.ts'
import { failure, type Result } from '../lib/result.ts'
import { within } from '../lib/time-limit.ts'
import type { FetchesUnderWay } from './fetches-under-way.ts'
import type { KeyDocument } from './key-document.ts'
import type { KeySetFailure } from './key-set-failure.ts'

export type Outcome = Result<KeyDocument, KeySetFailure>

interface AttemptSetting {
  /** Starts a fetch. Its promise never settles if the request that made it has ended and nothing keeps it running. */
  readonly fetch: () => Promise<Outcome>
  /** Its own fetches, and those that others have begun. */
  readonly underWay: FetchesUnderWay
  /** The time limit of a fetch. */
  readonly timeoutMs: number
  readonly now: Clock
  /** The failure of an attempt whose fetches are lost. */
  readonly tooLate: KeySetFailure
  readonly onEnd: (outcome: Outcome, endedAt: number) => void
}

/**
 * Ends with the first document, or when both fetches have failed. On Workers a fetch can be lost with its request. So
 * every request that waits has a timer of its own, starts the second fetch if the first one takes longer than a fraction
 * of its time limit and no more than one is under way, and gives both up when even the second must have ended.
 */
export class KeySetAttempt {
  readonly #setting: AttemptSetting
  readonly #pending = new Set<Promise<Outcome>>()
  readonly #firstStartedAt: number
  #lastStartedAt: number
  /** How many fetches were started: one or two. */
  #count = 0
  #outcome: Outcome | undefined

  constructor(setting: AttemptSetting) {
    this.#setting = setting
    this.#firstStartedAt = this.#lastStartedAt = setting.now()
    this.#start()
  }

  /** @param hasOldKeys whether the caller can use old keys: then it waits for a fraction of the time only */
  async outcome(hasOldKeys: boolean): Promise<Outcome> {
    const { timeoutMs, tooLate, underWay } = this.#setting
    const patienceMs = timeoutMs * KEY_SET_PATIENCE
    // Who has old keys starts no second fetch. If the first is lost, somebody must, once it should have ended.
    const isHurried = hasOldKeys && this.#leftMs(this.#lastStartedAt, this.#longestMs) > 0
    while (this.#outcome === undefined) {
      const count = this.#count
      const waitMs =
        count === 1 || isHurried
          ? this.#leftMs(this.#firstStartedAt, patienceMs)
          : this.#leftMs(this.#lastStartedAt, this.#longestMs)
      const leftMs = count === 1 && !isHurried ? Math.max(waitMs, underWay.roomInMs) : waitMs
      const oneEnds = Promise.race([...this.#pending, underWay.oneEnded()])
      const ended = leftMs > 0 ? await within(leftMs, oneEnds) : failure('timeout')
      if (ended.ok || this.#outcome !== undefined || count !== this.#count) continue
      if (isHurried) return failure(tooLate)
      if (count === 1) this.#start()
      else this.#end(failure(tooLate), this.#setting.now())
    }
    return this.#outcome
  }

  /** For those who come after both fetches must have ended, so that they need not wait. */
  endIfLost(): void {
    if (this.#count === 1 || this.#leftMs(this.#lastStartedAt, this.#longestMs) > 0) return
    this.#end(failure(this.#setting.tooLate), this.#lastStartedAt + this.#longestMs)
  }

  /** A fetch takes longer only if it is lost. */
  get #longestMs(): number {
    return this.#setting.timeoutMs + KEY_SET_GRACE_MS
  }

  /** No more than the whole time, even if the clock has been set back. */
  #leftMs(sinceMs: number, durationMs: number): number {
    return Math.min(durationMs, sinceMs + durationMs - this.#setting.now())
  }

  #start(): void {
    this.#count += 1
    this.#lastStartedAt = this.#setting.now()
    const fetched = this.#setting.fetch().then((outcome) => {
      this.#pending.delete(fetched)
      if (outcome.ok || this.#pending.size === 0) this.#end(outcome, this.#setting.now())
      return outcome
    })
    this.#pending.add(fetched)
    keepRunning(fetched)
  }

  #end(outcome: Outcome, endedAt: number): void {
    if (this.#outcome !== undefined) return
    this.#outcome = outcome
    this.#setting.onEnd(outcome, endedAt)
  }
}
