// Prints what was measured as tables.
// @ts-check

import { COLD_START_TITLES, STORE_TITLES } from './titles.mjs'

/**
 * @param {readonly import('./interleave.mjs').Row[]} rows
 * @param {import('./titles.mjs').Titles} titles
 */
export function printTable(rows, titles) {
  console.table(
    Object.fromEntries(
      rows.map(({ id, medianUs, p99Us }) => [titles[id], { median: rounded(medianUs), p99: rounded(p99Us) }]),
    ),
  )
}

/** @param {readonly import('./cold-start.mjs').ColdStart[]} coldStarts */
export function printColdStarts(coldStarts) {
  console.table(
    Object.fromEntries(
      coldStarts.map(({ id, medianMs, p99Ms, bytes, gzippedBytes }) => [
        COLD_START_TITLES[id],
        { median: rounded(medianMs), p99: rounded(p99Ms), bytes, gzipped: gzippedBytes },
      ]),
    ),
  )
}

/** @param {readonly import('./store.mjs').StoreCosts[]} costs */
export function printStoreCosts(costs) {
  console.table(
    Object.fromEntries(
      costs.map(({ id, cpuUs, perSecond, requests, commands }) => [
        STORE_TITLES[id],
        {
          'CPU in µs': rounded(cpuUs),
          'per second': Math.round(perSecond),
          'HTTP requests': rounded(requests),
          commands: rounded(commands),
        },
      ]),
    ),
  )
}

/** @param {number} value */
function rounded(value) {
  return Number(value.toFixed(2))
}
