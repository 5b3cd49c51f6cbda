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
  { text: 'first sight ≤ 1.15 × the floor', compared: 'ratio', of: ['first', 'floor'], limit: 1.15 },
  { text: '64 at once ≤ 1.1 × jose', compared: 'ratio', of: ['firstCrowd', 'joseCrowd'], limit: 1.1 },
  {
    text: 'repeated ≤ 5 µs over the bare handler',
    compared: 'difference',
    of: ['repeated', 'bare'],
    limit: 5,
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
