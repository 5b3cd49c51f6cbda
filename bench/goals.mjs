// What the guard has to reach, and whether it did.
// @ts-check

import { exact, verdict } from './verdict.mjs'

/** @typedef {{ readonly [id: string]: number | undefined }} Medians in microseconds */

/**
 * @typedef {object} Goal
 * @property {string} text
 * @property {'ratio' | 'difference'} compared of the first to the second
 * @property {readonly [id: string, base: string]} of
 * @property {number} limit
 */

/** @type {readonly Goal[]} */
const GOALS = [
  { text: 'first sight ≤ jose', compared: 'ratio', of: ['first', 'jose'], limit: 1 },
  { text: 'first sight, 64 at once ≤ jose', compared: 'ratio', of: ['firstCrowd', 'joseCrowd'], limit: 1 },
  {
    text: 'repeated ≤ 4 µs over the bare handler',
    compared: 'difference',
    of: ['repeated', 'bare'],
    limit: 4,
  },
  {
    text: 'repeated faster than fast-jwt with its cache',
    compared: 'ratio',
    of: ['repeated', 'fastJwtCached'],
    limit: 1,
  },
  {
    text: '1,000 routes ≤ 1 µs more than 1',
    compared: 'difference',
    of: ['manyRoutes', 'oneRoute'],
    limit: 1,
  },
  {
    text: 'the same on an odd path',
    compared: 'difference',
    of: ['manyRoutesOdd', 'oneRouteOdd'],
    limit: 1,
  },
]

/** A cold start with the guard, and the same with jose alone. */
const COLD_STARTS = /** @type {const} */ ([
  ['keys at hand', 'inline', 'joseInline'],
  ['keys fetched', 'fetched', 'joseFetched'],
])

/** @param {readonly import('./cold-start.mjs').ColdStart[]} coldStarts @returns {readonly string[]} as `judge` */
export function judgeColdStarts(coldStarts) {
  const medianOf = (/** @type {string} */ wanted) =>
    coldStarts.find(({ id }) => id === wanted)?.medianMs ?? Number.NaN
  return COLD_STARTS.map(([keys, guard, jose]) => {
    const [one, other] = [medianOf(guard), medianOf(jose)]
    const from = `${exact(one)} − ${exact(other)} ms`
    return verdict(`cold start, ${keys} ≤ 1 ms more than jose alone`, one - other, 1, 'ms', from)
  })
}

/**
 * One line for each goal: whether it is met, and what was compared.
 *
 * @param {readonly import('./interleave.mjs').Row[]} rows
 * @returns {readonly string[]}
 */
export function judge(rows) {
  /** @type {Medians} */
  const medians = Object.fromEntries(rows.map(({ id, medianUs }) => [id, medianUs]))
  return GOALS.map(({ text, compared, of: [id, base], limit }) => {
    const [one, other] = [medians[id] ?? Number.NaN, medians[base] ?? Number.NaN]
    // On a very busy machine, the coarse clock of workerd can give a time below zero. That is no measurement.
    if (one <= 0 || other <= 0) return verdict(text, Number.NaN, limit, '')
    return compared === 'ratio'
      ? verdict(text, one / other, limit, '×', `${exact(one)} / ${exact(other)} µs`)
      : verdict(text, one - other, limit, 'µs', `${exact(one)} − ${exact(other)} µs`)
  })
}
