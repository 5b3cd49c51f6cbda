// The key set of one isolate: when it is fetched, read from the cache of its region, or refreshed ahead.
// @ts-check

/** @typedef {'start' | 'age' | 'ahead' | 'search'} Reason why a key set is loaded */
/** @typedef {Record<Reason, number> & { reads: number }} KeyCounts */
/** @typedef {{ readonly fetchedAt: number, readonly from: number }} Kept a key set, and when it could be used */

const NEVER = Number.NEGATIVE_INFINITY

/** What the isolates of a region share. */
export class KeyCache {
  #kept = /** @type {Kept[]} */ ([])

  /** @param {Kept} kept */
  put(kept) {
    this.#kept.push(kept)
    if (this.#kept.length > 64) this.#kept.splice(0, 32)
  }

  /** When the newest one was fetched that is there by then. @param {number} at */
  get(at) {
    return this.#kept.reduce(
      (newest, { fetchedAt, from }) => (from <= at ? Math.max(newest, fetchedAt) : newest),
      NEVER,
    )
  }
}

export class Keys {
  fetchedAt = NEVER
  #attempt = /** @type {Kept | undefined} */ (undefined)
  #searchedAt = NEVER
  #world
  #cache
  #counts
  #random
  #isAhead
  /** From when on it is refreshed ahead. */
  #dueAt = Number.POSITIVE_INFINITY

  /**
   * @param {import('./assumptions.mjs').World} world
   * @param {{ readonly cache: KeyCache | undefined, readonly isAhead: boolean }} features
   * @param {import('./random.mjs').Random} random
   * @param {KeyCounts} counts
   */
  constructor(world, { cache, isAhead }, random, counts) {
    this.#world = world
    this.#cache = cache
    this.#isAhead = isAhead
    this.#random = random
    this.#counts = counts
  }

  /**
   * @param {number} at
   * @param {number} publishedAt when the key of the mandate was published
   * @returns {number} when the request can go on
   */
  neededAt(at, publishedAt) {
    this.#settle(at)
    const age = at - this.fetchedAt
    if (age >= this.#world.maxAge) {
      this.#attempt ??= this.#load(at, this.fetchedAt === NEVER ? 'start' : 'age')
      return this.#attempt.from
    }
    if (this.fetchedAt < publishedAt) {
      if (this.#attempt === undefined && at - this.#searchedAt >= this.#world.cooldown) {
        this.#searchedAt = at
        this.#attempt = this.#load(at, 'search')
      }
      return this.#attempt?.from ?? at
    }
    if (at >= this.#dueAt) this.#attempt ??= this.#load(at, 'ahead')
    return at
  }

  /** @param {number} at */
  #settle(at) {
    if (this.#attempt === undefined || this.#attempt.from > at) return
    this.fetchedAt = this.#attempt.fetchedAt
    this.#attempt = undefined
    const { maxAge, aheadFrom, aheadSpread } = this.#world
    const share = aheadFrom + aheadSpread * this.#random()
    if (this.#isAhead) this.#dueAt = this.fetchedAt + maxAge * share
  }

  /**
   * A search asks the STS in any case. Otherwise the cache comes first, if what it has is of use.
   *
   * @param {number} at
   * @param {Reason} reason
   * @returns {Kept}
   */
  #load(at, reason) {
    let from = at
    if (this.#cache !== undefined && reason !== 'search') {
      this.#counts.reads += 1
      from += this.#world.cacheRead
      const fetchedAt = this.#cache.get(from)
      const limit = this.#world.maxAge * (reason === 'ahead' ? this.#world.aheadFrom : 1)
      if (from - fetchedAt < limit && fetchedAt > this.fetchedAt) return { fetchedAt, from }
    }
    this.#counts[reason] += 1
    const fetched = { fetchedAt: from, from: from + this.#world.keyFetch }
    this.#cache?.put(fetched)
    return fetched
  }
}
