// What the guard has to reach, and whether it did.
// @ts-check

/** @typedef {{ readonly [id: string]: number | undefined }} Medians in microseconds */

/**
 * @typedef {object} Goal
 * @property {string} text
 * @property {(medians: Medians) => number} measured `NaN` where one of the two does not run
 * @property {number} limit
 * @property {string} unit
 */

/** @param {string} id @param {string} base @returns {(medians: Medians) => number} */
const ratio = (id, base) => (medians) => (medians[id] ?? Number.NaN) / (medians[base] ?? Number.NaN)
/** @param {string} id @param {string} base @returns {(medians: Medians) => number} */
const difference = (id, base) => (medians) => (medians[id] ?? Number.NaN) - (medians[base] ?? Number.NaN)

/** @type {readonly Goal[]} */
const GOALS = [
  { text: 'first sight ≤ 1.15 × the floor', measured: ratio('first', 'floor'), limit: 1.15, unit: '×' },
  { text: '64 at once ≤ 1.1 × jose', measured: ratio('firstCrowd', 'joseCrowd'), limit: 1.1, unit: '×' },
  {
    text: 'repeated ≤ 5 µs over the bare handler',
    measured: difference('repeated', 'bare'),
    limit: 5,
    unit: 'µs',
  },
  {
    text: 'repeated faster than fast-jwt with its cache',
    measured: ratio('repeated', 'fastJwtCached'),
    limit: 1,
    unit: '×',
  },
  {
    text: '1,000 routes ≤ 1 µs more than 1',
    measured: difference('manyRoutes', 'oneRoute'),
    limit: 1,
    unit: 'µs',
  },
  {
    text: 'the same on an odd path',
    measured: difference('manyRoutesOdd', 'oneRouteOdd'),
    limit: 1,
    unit: 'µs',
  },
]

/**
 * One line for each goal: what was measured, and whether that is enough.
 *
 * @param {readonly import('./interleave.mjs').Row[]} rows
 * @returns {{ [goal: string]: string }}
 */
export function judge(rows) {
  const medians = Object.fromEntries(rows.map(({ id, medianUs }) => [id, medianUs]))
  return Object.fromEntries(
    GOALS.map(({ text, measured, limit, unit }) => {
      const value = measured(medians)
      if (Number.isNaN(value)) return [text, 'nothing to compare with']
      return [text, `${value <= limit ? 'met' : 'missed'} (${value.toFixed(2)} ${unit})`]
    }),
  )
}
