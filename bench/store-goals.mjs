// What a look-up in Redis has to reach, and whether it did.
// @ts-check

import { exact, verdict } from './verdict.mjs'

/** The most CPU of an admitted request, in microseconds. */
const CPU_GOALS = /** @type {Record<string, number | undefined>} */ ({ Node: 30, Bun: 20, Deno: 30 })
/** The most that a look-up may cost, in bare requests. */
const SINGLE_GOAL = 1.15
const REQUESTS_GOAL = 0.1
/** What p99 may differ by without being another. */
const P99_NOISE = 1.1

/** One line for each goal. @param {import('./store.mjs').StoreResults} results @returns {readonly string[]} */
export function judgeStore({ runtime, single, costs, latency }) {
  const shared = costs.find(({ id }) => id === 'shared')
  const median = (/** @type {string} */ id) => single?.find((row) => row.id === id)?.medianUs ?? Number.NaN
  const p99 = (/** @type {string} */ id) => latency?.rows.find((row) => row.id === id)?.p99Ms ?? Number.NaN
  return [
    verdict(
      `one look-up ≤ ${SINGLE_GOAL} × a bare fetch with .json()`,
      median('lookup') / median('bareFetch'),
      SINGLE_GOAL,
      '×',
      `${exact(median('lookup'))} / ${exact(median('bareFetch'))} µs`,
    ),
    verdict(
      `CPU of an admitted request at 64 ≤ ${CPU_GOALS[runtime]} µs`,
      shared?.cpuUs,
      CPU_GOALS[runtime],
      'µs',
    ),
    verdict(`HTTP requests for it ≤ ${REQUESTS_GOAL}`, shared?.requests, REQUESTS_GOAL, ''),
    verdict(`commands for it ≤ ${REQUESTS_GOAL}`, shared?.commands, REQUESTS_GOAL, ''),
    verdict(
      `p99 at ${latency?.perSecond.toFixed(0)}/s ≤ ${P99_NOISE} × that of each by itself`,
      p99('shared'),
      p99('apart') * P99_NOISE,
      'ms',
      `by itself ${exact(p99('apart'))} ms`,
    ),
  ]
}
