// The fetches of one key set that are under way, whoever has begun them: there are never more than two.

import type { Clock } from '../lib/clock.ts'

export class FetchesUnderWay {
  readonly #longestMs: number
  readonly #now: Clock
  /** When each of them began. */
  readonly #begun = new Map<Promise<unknown>, number>()

  /** @param longestMs a fetch that takes longer is lost, and does not count */
  constructor(longestMs: number, now: Clock) {
    this.#longestMs = longestMs
    this.#now = now
  }

  /** @param fetch must not reject */
  add<T>(fetch: Promise<T>): Promise<T> {
    this.#begun.set(fetch, this.#now())
    void fetch.then(() => this.#begun.delete(fetch))
    return fetch
  }

  get areNone(): boolean {
    return this.#leftMs().length === 0
  }

  /** The longest time until one more may begin: 0 if it may now. */
  get roomInMs(): number {
    const leftMs = this.#leftMs()
    return leftMs.length < 2 ? 0 : Math.min(...leftMs)
  }

  /** Settles when one of them has ended. */
  oneEnded(): Promise<unknown> {
    return Promise.race(this.#begun.keys())
  }

  /** How long each of them may still take. Forgets those that are lost. */
  #leftMs(): readonly number[] {
    const left: number[] = []
    for (const [fetch, begunAt] of this.#begun) {
      const ms = Math.min(this.#longestMs, begunAt + this.#longestMs - this.#now())
      if (ms > 0) left.push(ms)
      else this.#begun.delete(fetch)
    }
    return left
  }
}
