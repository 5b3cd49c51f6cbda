// @ts-check
// Chance that a seed repeats.

/** @param {number} seed */
export function randomFrom(seed) {
  let state = seed >>> 0

  /** mulberry32: from 0 to less than 1. */
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  return {
    /** @param {number} probability */
    chance: (probability) => next() < probability,

    /** @param {number} least @param {number} most a whole number, both included */
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),

    /**
     * @template T
     * @param {readonly T[]} list
     * @returns {T | undefined}
     */
    pick: (list) => list[Math.floor(next() * list.length)],

    /**
     * @template T
     * @param {readonly T[]} list
     */
    shuffled: (list) =>
      list
        .map((item) => ({ item, at: next() }))
        .sort((one, other) => one.at - other.at)
        .map(({ item }) => item),
  }
}
