// On which machine and day something was measured, and whether other programs were measured with it.
// @ts-check

import { cpus } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * @typedef {object} Machine
 * @property {string} date
 * @property {string} processor
 * @property {number} cores
 * @property {number} [othersShare] of all cores, what other programs used in the seconds before, from 0 to 1
 */

const SAMPLE_MS = 2_000
/** Less is what any machine does in the background. */
const BUSY_SHARE = 0.1

/** Watches the machine for two seconds, in which this program does nothing. @returns {Promise<Machine>} */
export async function describeMachine() {
  const before = processorTimes()
  await sleep(SAMPLE_MS)
  const after = processorTimes()
  const [idle, total] = [after.idle - before.idle, after.total - before.total]
  const processors = cpus()
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: processors[0]?.model.trim() ?? 'unknown processor',
    cores: processors.length,
    othersShare: total > 0 ? 1 - idle / total : 0,
  }
}

/** One line for tables and plots. A machine that was busy is never left unsaid. @param {Machine} machine */
export function machineLine({ date, processor, cores, othersShare = 0 }) {
  const line = `${date}, ${processor}, ${cores} cores`
  if (othersShare < BUSY_SHARE) return line
  return `${line}, busy: other programs used ${Math.round(othersShare * 100)} % of it`
}

function processorTimes() {
  const all = cpus().map(({ times }) => times)
  const idle = all.reduce((sum, times) => sum + times.idle, 0)
  const total = all.reduce((sum, times) => sum + Object.values(times).reduce((one, other) => one + other), 0)
  return { idle, total }
}
