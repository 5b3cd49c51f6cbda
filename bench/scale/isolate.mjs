// One isolate from its start to its end: keys, remembered signatures, look-ups.
// @ts-check

import { Keys } from './keys.mjs'
import { Questions } from './questions.mjs'
import { exponential, randomFrom } from './random.mjs'

/** @typedef {{ readonly shared: boolean, readonly remembered: boolean, readonly cache: boolean, readonly ahead: boolean }} Features */
/**
 * @typedef {import('./questions.mjs').Counts & import('./keys.mjs').KeyCounts
 *   & { requests: number, waits: number, verifications: number, isolates: number }} Counts
 */

export class Isolate {
  #remembered = /** @type {Map<number, true>} */ (new Map())
  #rememberedUnder = Number.NEGATIVE_INFINITY
  /** When requests ask that waited for keys. */
  #late = /** @type {number[]} */ ([])
  #endsAt
  #lastAt
  #world
  #features
  #counts
  #keys
  #questions
  #maxEntries

  /**
   * @param {import('./assumptions.mjs').World} world
   * @param {Features} features
   * @param {import('./keys.mjs').KeyCache} cache
   * @param {number} at
   * @param {readonly number[]} seed of its own
   * @param {Counts} counts
   */
  constructor(world, features, cache, at, seed, counts) {
    this.#world = world
    this.#features = features
    this.#counts = counts
    this.#endsAt = at + exponential(randomFrom(2, ...seed), world.isolateLife)
    this.#lastAt = at
    const ofKeys = { cache: features.cache ? cache : undefined, isAhead: features.ahead }
    this.#keys = new Keys(world, ofKeys, randomFrom(3, ...seed), counts)
    this.#questions = new Questions(world, features.shared, randomFrom(4, ...seed), counts)
    this.#maxEntries = Math.min(world.maxEntries, Math.floor(world.maxCharacters / world.mandateCharacters))
    counts.isolates += 1
  }

  /** @param {number} at */
  isGone(at) {
    return at >= this.#endsAt || at - this.#lastAt > this.#world.isolateIdle
  }

  /**
   * @param {number} at
   * @param {number} mandate
   * @param {number} publishedAt when its key was published
   */
  admit(at, mandate, publishedAt) {
    this.#lastAt = at
    this.#counts.requests += 1
    const asksAt = this.#keys.neededAt(at, publishedAt)
    if (asksAt > at) this.#counts.waits += 1
    if (!this.#features.remembered || !this.#remembers(mandate)) this.#counts.verifications += 1
    if (asksAt > at) this.#late.push(asksAt)
    else {
      this.#askLate(at)
      this.#questions.ask(at)
    }
  }

  /** All look-ups are answered. */
  end() {
    this.#askLate(Number.POSITIVE_INFINITY)
    this.#questions.advance(Number.MAX_VALUE)
  }

  /** Whether the signature is known, the least recently used being forgotten. It is known from now on. @param {number} mandate */
  #remembers(mandate) {
    if (this.#keys.fetchedAt !== this.#rememberedUnder) {
      this.#rememberedUnder = this.#keys.fetchedAt
      this.#remembered.clear()
    }
    const isKnown = this.#remembered.delete(mandate)
    this.#remembered.set(mandate, true)
    if (this.#remembered.size > this.#maxEntries) {
      for (const [oldest] of this.#remembered) {
        this.#remembered.delete(oldest)
        break
      }
    }
    return isKnown
  }

  /** @param {number} until */
  #askLate(until) {
    while (this.#late[0] !== undefined && this.#late[0] <= until) this.#questions.ask(this.#late.shift() ?? 0)
  }
}
