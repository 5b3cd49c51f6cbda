// Times several functions side by side: short batches in turn, so that all of them meet the same machine.
// @ts-check

/**
 * @typedef {{ readonly name: string, readonly run: () => unknown, readonly batch: number }} Contender
 * @typedef {{ readonly name: string, readonly medianUs: number, readonly p99Us: number }} Row
 */

/**
 * @param {readonly Contender[]} contenders `batch` is how many runs are timed together, one after the other
 * @param {number} rounds
 * @returns {Promise<Row[]>}
 */
export async function interleave(contenders, rounds) {
  const samples = contenders.map(() => /** @type {number[]} */ ([]))
  const warmupRounds = Math.ceil(rounds / 5)
  for (let round = -warmupRounds; round < rounds; round++) {
    for (const [index, { run, batch }] of contenders.entries()) {
      const startedAt = performance.now()
      for (let repeat = 0; repeat < batch; repeat++) await run()
      const microseconds = ((performance.now() - startedAt) * 1000) / batch
      if (round >= 0) samples[index]?.push(microseconds)
    }
  }
  return contenders.map(({ name }, index) => {
    const sorted = (samples[index] ?? []).sort((one, other) => one - other)
    const at = (/** @type {number} */ share) => sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN
    return { name, medianUs: at(0.5), p99Us: at(0.99) }
  })
}

/** @param {readonly Row[]} rows */
export function printTable(rows) {
  const round = (/** @type {number} */ microseconds) => Number(microseconds.toFixed(2))
  console.table(
    Object.fromEntries(
      rows.map(({ name, medianUs, p99Us }) => [
        name,
        { 'median µs': round(medianUs), 'p99 µs': round(p99Us) },
      ]),
    ),
  )
}
