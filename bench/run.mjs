// `npm run bench`: measures in every runtime, prints tables and goals, and draws docs/bench.svg.
// @ts-check

import { writeFile } from 'node:fs/promises'
import { cpus, loadavg } from 'node:os'
import { measureColdStarts } from './cold-start.mjs'
import { judge } from './goals.mjs'
import { draw } from './plot.mjs'
import { RUNTIMES } from './runtimes.mjs'
import { printTable, rounded } from './table.mjs'
import { COLD_START_TITLES, CROWD_TITLES, MEMORY_TITLES, SIGNATURE_TITLES } from './titles.mjs'

const TITLES = { ...SIGNATURE_TITLES, ...CROWD_TITLES, ...MEMORY_TITLES }
const PLOT = new URL('../docs/bench.svg', import.meta.url)

const processors = cpus()
const date = new Date().toISOString().slice(0, 10)
const machine = `${date}, ${processors[0]?.model.trim() ?? 'unknown processor'}, ${processors.length} cores`
console.log(machine)
console.log(`Load before: ${loadavg()[0]?.toFixed(2)}. Above 1, other programs are measured as well.`)
console.log(
  'p99 is that of single calls, or of units of 25 where a call is short. The clock of workerd is coarse:',
)
console.log('there units are 20 times as large.')

const results = []
for (const { name, measure } of RUNTIMES) {
  const rows = await measure()
  results.push({ runtime: name, rows })
  console.log(`\n${name}, in µs`)
  printTable(rows, TITLES)
}

console.log('\nGoals, by medians')
for (const { runtime, rows } of results) {
  console.log(runtime)
  for (const [goal, verdict] of Object.entries(judge(rows))) console.log(`  ${goal}: ${verdict}`)
}

const coldStarts = await measureColdStarts()
console.log('\nFrom the start of an isolate to its first answer, in ms; bytes of the Worker, minified')
console.table(
  Object.fromEntries(
    coldStarts.map(({ id, medianMs, p99Ms, bytes, gzippedBytes }) => [
      COLD_START_TITLES[id],
      { median: rounded(medianMs), p99: rounded(p99Ms), bytes, gzipped: gzippedBytes },
    ]),
  ),
)

await writeFile(PLOT, draw({ machine, results, coldStarts }))
console.log('\ndrawn: docs/bench.svg')
