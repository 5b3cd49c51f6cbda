// Random numbers that are the same in every run.
// @ts-check

/** @typedef {() => number} Random from 0 up to 1 */

/** Mulberry32. @param {readonly number[]} seed @returns {Random} */
export function randomFrom(...seed) {
  let state = seed.reduce((mixed, part) => Math.imul(mixed ^ part, 0x9e3779b1) + 0x85ebca6b, 0x1234567)
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An exponential time. @param {Random} random @param {number} mean */
export function exponential(random, mean) {
  return -mean * Math.log(1 - random())
}
