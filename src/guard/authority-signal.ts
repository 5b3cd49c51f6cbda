// A signal that fires when a mandate expires or, if it is checked again and again, when it is no longer valid.

import { AuthorityEndedError } from '../decision/authority-ended-error.ts'
import type { Admission, Denial } from '../decision/decision.ts'
import { deny } from '../decision/denials.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import { abortSignal, duration, milliseconds, restricted } from '../lib/checks.ts'
import { isWithin } from '../lib/clock.ts'
import { MAX_TIME_MS, MIN_RECHECK_MS } from '../lib/limits.ts'
import { type Checked, readOptions } from '../lib/read-options.ts'
import { unref } from '../lib/unref.ts'
import type { Mandate } from '../mandate.ts'

/** The options of `Authority.signal`. */
export interface AuthoritySignalOptions {
  /**
   * How often revocation and delegation epoch are checked, in milliseconds, 100 or more. Each check is one look-up in
   * the store. Default: never, so that only expiry fires the signal.
   */
  readonly recheckEveryMs?: number
  /**
   * How long the check may be impossible before the signal fires, in milliseconds, counted from the first check that
   * failed. There is a last check at its end. `0`: the first check that fails fires it. Default: `recheckEveryMs`.
   */
  readonly graceMs?: number
  /** Gives the signal up: it then holds no timer, asks no store and does not fire any more. */
  readonly until?: AbortSignal
}

/** The decision of now, and how to tell `onDecision`. */
export interface Rechecked {
  readonly decision: Admission | Denial
  readonly report: () => void
}

/** What is watched. */
export interface Watched {
  readonly mandate: Mandate
  /** The denial, once the mandate has expired. */
  readonly expiry: () => { readonly denial: Denial; readonly report: () => void } | undefined
  readonly check: () => Promise<Rechecked>
}

const interval = restricted(
  duration,
  (ms) => ms >= MIN_RECHECK_MS,
  `must be ${MIN_RECHECK_MS} or more: it is in milliseconds, not seconds`,
)

export const SIGNAL_OPTIONS = { recheckEveryMs: interval, graceMs: milliseconds, until: abortSignal } as const

type SignalOptions = Checked<typeof SIGNAL_OPTIONS>

/** @throws {CaracalConfigError} naming every mistake */
export function readSignalOptions(given: unknown): SignalOptions {
  const issues: string[] = []
  const options = readOptions(given, SIGNAL_OPTIONS, issues)
  if (issues.length === 0 && options.graceMs !== undefined && options.recheckEveryMs === undefined)
    issues.push('graceMs is for checks that fail, and there are none: set recheckEveryMs too')
  if (issues.length > 0) throw new CaracalConfigError(issues)
  return options
}

export function signalFor(watched: Watched, options: SignalOptions): AbortSignal {
  return new Watch(watched, options).start()
}

class Watch {
  readonly #controller = new AbortController()
  readonly #watched: Watched
  readonly #everyMs: number | undefined
  readonly #graceMs: number
  readonly #until: AbortSignal | undefined
  readonly #giveUp = () => this.#stop()
  #isOver = false
  #timer: ReturnType<typeof setTimeout> | undefined
  /** When to check next; `undefined` while a check is under way, or if there is none. */
  #nextCheckAt: number | undefined
  /** When the first of several checks had failed; `undefined` after one that has not. */
  #failingSince: number | undefined

  constructor(watched: Watched, { recheckEveryMs, graceMs, until }: SignalOptions) {
    this.#watched = watched
    this.#everyMs = recheckEveryMs
    this.#graceMs = graceMs ?? recheckEveryMs ?? 0
    this.#until = until
    if (recheckEveryMs !== undefined) this.#nextCheckAt = Date.now() + recheckEveryMs
  }

  start(): AbortSignal {
    const { signal } = this.#controller
    // Even if it is given up already: what has ended must not look as if it had not.
    if (this.#endIfExpired() || this.#until?.aborted === true) return signal
    this.#until?.addEventListener('abort', this.#giveUp)
    this.#wait()
    return signal
  }

  /** Sets the one timer to what comes first: the end of the mandate or the next check. */
  #wait(): void {
    const now = Date.now()
    const toExpiry = this.#watched.mandate.expiresAt * 1000 - now
    const toCheck = this.#pauseBeforeCheck(now)
    const ms = Math.max(1, Math.min(toExpiry, toCheck, MAX_TIME_MS))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#wake(toCheck < toExpiry), ms)
    unref(this.#timer)
  }

  /** Never longer than the interval: the clock may have been set back. */
  #pauseBeforeCheck(now: number): number {
    if (this.#nextCheckAt === undefined || this.#everyMs === undefined) return Number.POSITIVE_INFINITY
    return Math.min(this.#everyMs, this.#nextCheckAt - now)
  }

  #wake(isForCheck: boolean): void {
    if (this.#endIfExpired()) return
    if (isForCheck) this.#check(Date.now())
    // Also during a check: the mandate may expire while the store is asked.
    this.#wait()
  }

  async #check(startedAt: number): Promise<void> {
    this.#nextCheckAt = undefined
    const { decision, report } = await this.#watched.check().catch(failed)
    if (this.#isOver || this.#endIfExpired()) return
    const now = Date.now()
    let nextCheckAt = startedAt + (this.#everyMs ?? 0)
    if (decision.outcome === 'admit') this.#failingSince = undefined
    else {
      this.#failingSince ??= now
      // An outage ends nothing until it has lasted too long.
      const isTolerated = decision.status === 503 && isWithin(this.#graceMs, this.#failingSince, now)
      if (!isTolerated) {
        this.#end(decision, report)
        return
      }
      nextCheckAt = Math.min(nextCheckAt, this.#failingSince + this.#graceMs)
    }
    this.#nextCheckAt = nextCheckAt
    this.#wait()
  }

  #endIfExpired(): boolean {
    const expiry = this.#watched.expiry()
    if (expiry === undefined) return false
    this.#end(expiry.denial, expiry.report)
    return true
  }

  #end(denial: Denial, report: () => void): void {
    this.#stop()
    this.#controller.abort(new AuthorityEndedError(denial))
    report()
  }

  #stop(): void {
    this.#isOver = true
    clearTimeout(this.#timer)
    this.#until?.removeEventListener('abort', this.#giveUp)
  }
}

/** A check that ends with an error has shown nothing. */
function failed(): Rechecked {
  return { decision: deny('server_error'), report: () => {} }
}
