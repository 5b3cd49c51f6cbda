// @ts-check
// The resident memory of the workerd processes that this one started (the Worker's and that of wrangler's proxy), over time.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const SAMPLE_MS = 2_000
/** What the last quarter may have more than the second one. */
const GROWTH_PART = 0.1
const GROWTH_MB = 15

/** A Worker of this size needs a third of it; one that forgets nothing has filled it up after some thousand requests. */
const HEAP_MB = 16

const run = promisify(execFile)

/** @typedef {{ isFlat: boolean, text: string }} MemoryReport */

/** Without a bound, workerd collects its garbage only after hundreds of megabytes. Before it is started. */
export function boundHeap() {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-old-space-size=${HEAP_MB}`
}

export function watchMemory() {
  /** @type {number[]} */
  const samples = []
  const timer = setInterval(async () => samples.push(await residentMb()), SAMPLE_MS)

  return {
    /** @returns {MemoryReport} */
    stop() {
      clearInterval(timer)
      const quarter = Math.floor(samples.length / 4)
      const second = median(samples.slice(quarter, 2 * quarter))
      const last = median(samples.slice(-quarter))
      return {
        isFlat: last <= Math.max(second * (1 + GROWTH_PART), second + GROWTH_MB),
        text: `workerd's resident memory: ${second.toFixed(0)} MB in the second quarter, ${last.toFixed(0)} MB in the last (medians)`,
      }
    },
  }
}

async function residentMb() {
  const { stdout } = await run('ps', ['-A', '-o', 'ppid=,rss=,comm='])
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/))
  const own = rows.filter(([parent, , name]) => Number(parent) === process.pid && name?.endsWith('workerd'))
  return own.reduce((sum, [, kilobytes]) => sum + Number(kilobytes), 0) / 1024
}

/** @param {number[]} values */
function median(values) {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
