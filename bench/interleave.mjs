// Times several functions side by side: short units in turn, so that all of them meet the same machine.
// @ts-check

import { createStopwatch } from './clock.mjs'

/**
 * @typedef {object} Contender
 * @property {string} id
 * @property {number} together how many runs make one unit, which is timed as a whole
 * @property {boolean} [atOnce] whether the runs of a unit are all started before the first one ends
 * @property {() => () => unknown} prepare makes the input of one run, which is not timed, and gives the run
 * @property {(output: unknown) => boolean} isRight whether a run did what it should
 */
/** @typedef {{ readonly id: string, readonly medianUs: number, readonly p99Us: number }} Row */

/** Of what is timed one by one, so much is run in a round. */
const CALLS_IN_A_ROUND = 4

/** By how much units grow where the clock is coarse. */
const COARSE_CLOCK_FACTOR = 20

/** How long everything is run before, as a share of the time it is measured. */
const WARMUP_SHARE = 0.25

/**
 * @param {readonly Contender[]} contenders
 * @param {number} seconds
 * @returns {Promise<Row[]>}
 */
export async function interleave(contenders, seconds) {
  const stopwatch = createStopwatch()
  const factor = stopwatch.isCoarse ? COARSE_CLOCK_FACTOR : 1
  const all = contenders.map((contender) => ({
    // A crowd stays as large as it is: it takes long enough.
    contender: contender.atOnce ? contender : { ...contender, together: contender.together * factor },
    samples: /** @type {number[]} */ ([]),
  }))
  const warmAt = Date.now() + seconds * 1000 * WARMUP_SHARE
  const endAt = warmAt + seconds * 1000
  while (Date.now() < endAt) {
    const isWarm = Date.now() >= warmAt
    // In another order each time: what one leaves behind, such as garbage, must not always hit the same one.
    for (const { contender, samples } of shuffled(all)) {
      for (let calls = 0; calls < CALLS_IN_A_ROUND; calls += contender.together) {
        const microseconds = await timeUnit(contender, stopwatch)
        if (isWarm) samples.push(microseconds)
      }
    }
  }
  return all.map(({ contender: { id }, samples }) => ({
    id,
    medianUs: quantile(samples, 0.5),
    p99Us: quantile(samples, 0.99),
  }))
}

/**
 * How long one run takes, from a unit of them.
 *
 * @param {Contender} contender
 * @param {ReturnType<typeof createStopwatch>} stopwatch
 */
async function timeUnit({ id, together, atOnce, prepare, isRight }, stopwatch) {
  const runs = Array.from({ length: together }, prepare)
  let output
  const startedAt = stopwatch.start()
  if (atOnce) [output] = await Promise.all(runs.map((run) => run()))
  else for (const run of runs) output = await run()
  const milliseconds = stopwatch.stop() - startedAt
  if (!isRight(output)) throw new Error(`"${id}" did not do what was to be measured.`)
  return (milliseconds * 1000) / together
}

/** @template T @param {readonly T[]} list */
function shuffled(list) {
  return list
    .map((element) => ({ element, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ element }) => element)
}

/** @param {readonly number[]} samples @param {number} share */
export function quantile(samples, share) {
  const sorted = [...samples].sort((one, other) => one - other)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
}
