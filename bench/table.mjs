// Prints medians and p99 as a table.
// @ts-check

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

/** @param {number} value */
export function rounded(value) {
  return Number(value.toFixed(2))
}
