// @ts-check
// The resident memory of the workerd processes that this one started (the Worker's and that of wrangler's proxy), over time.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const SAMPLE_MS = 2_000
/** What the last quarter may have more than the second one. */
const GROWTH_PART = 0.1
const GROWTH_MB = 15

/** More than this Worker needs. One that keeps a kilobyte of every request has filled it up before the soak is over. */
export const HEAP_MB = 16

const run = promisify(execFile)

/** @typedef {{ hasEnded: boolean, isFlat: boolean, text: string }} MemoryReport */

/** Without a bound, workerd collects its garbage only after hundreds of megabytes. Before it is started. */
export function boundHeap() {
  process.env.MINIFLARE_WORKERD_V8_FLAGS = `--max-old-space-size=${HEAP_MB}`
}

export function watchMemory() {
  /** @type {number[]} */
  const samples = []
  /** @type {Set<string>} */
  const processes = new Set()
  const timer = setInterval(async () => {
    const { pids, megabytes } = await ownWorkerds()
    processes.add(pids)
    samples.push(megabytes)
  }, SAMPLE_MS)

  return {
    /** @returns {MemoryReport} */
    stop() {
      clearInterval(timer)
      const quarter = Math.floor(samples.length / 4)
      const second = median(samples.slice(quarter, 2 * quarter))
      const last = median(samples.slice(-quarter))
      return {
        hasEnded: processes.size > 1,
        isFlat: last <= Math.max(second * (1 + GROWTH_PART), second + GROWTH_MB),
        text: `workerd's resident memory: ${second.toFixed(0)} MB in the second quarter, ${last.toFixed(0)} MB in the last (medians)`,
      }
    },
  }
}

async function ownWorkerds() {
  const { stdout } = await run('ps', ['-A', '-o', 'ppid=,pid=,rss=,comm='])
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/))
  const own = rows.filter(([parent, , , name]) => Number(parent) === process.pid && name?.endsWith('workerd'))
  return {
    pids: own.map(([, pid]) => pid).join(),
    megabytes: own.reduce((sum, [, , kilobytes]) => sum + Number(kilobytes), 0) / 1024,
  }
}

/** @param {number[]} values */
function median(values) {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0
}
