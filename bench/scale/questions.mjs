// The look-ups of one isolate: each asks by itself, or shares a question where too many are under way.
// @ts-check

import { exponential } from './random.mjs'

/** @typedef {{ lookups: number, commands: number }} Counts */

export class Questions {
  /** When the questions under way end. */
  #ends = /** @type {number[]} */ ([])
  /** When the look-ups that wait for a place asked, oldest first. */
  #waiting = /** @type {number[]} */ ([])
  #world
  #random
  #counts
  #isShared

  /**
   * @param {import('./assumptions.mjs').World} world
   * @param {boolean} isShared
   * @param {import('./random.mjs').Random} random
   * @param {Counts} counts
   */
  constructor(world, isShared, random, counts) {
    this.#world = world
    this.#isShared = isShared
    this.#random = random
    this.#counts = counts
  }

  /** @param {number} at never before the last one */
  ask(at) {
    if (!this.#isShared) {
      this.#count(1)
      return
    }
    this.advance(at)
    if (this.#ends.length < this.#world.questionsUnderWay) this.#send(at, 1)
    else this.#waiting.push(at)
  }

  /** What happens by then: questions end, and the next ones are sent. @param {number} until */
  advance(until) {
    for (;;) {
      let end = Number.POSITIVE_INFINITY
      for (const one of this.#ends) if (one < end) end = one
      if (end > until && this.#waiting.length === 0) return
      const patience = (this.#waiting[0] ?? Number.POSITIVE_INFINITY) + this.#world.placeWait
      const at = Math.min(end, patience)
      if (at > until || at === Number.POSITIVE_INFINITY) return
      if (end <= patience) this.#ends.splice(this.#ends.indexOf(end), 1)
      if (this.#waiting.length === 0) continue
      this.#send(at, this.#waiting.splice(0, this.#world.lookupsInQuestion).length)
    }
  }

  /** @param {number} at @param {number} lookups */
  #send(at, lookups) {
    this.#count(lookups)
    this.#ends.push(at + this.#world.roundTripLeast + exponential(this.#random, this.#world.roundTripMore))
  }

  /** @param {number} lookups that one command answers */
  #count(lookups) {
    this.#counts.commands += 1
    this.#counts.lookups += lookups
  }
}
