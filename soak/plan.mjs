// @ts-check
// What happens to the services while the load runs: faults, recoveries, rotations, and a cron trigger that falls silent.

import { setTimeout as sleep } from 'node:timers/promises'
import { KEYS_RECOVER_MS, MAX_SYNC_AGE_MS } from './settings.mjs'

/**
 * @typedef {import('./faults.mjs').Fault} Fault
 * @typedef {{ readonly issuer?: Fault, readonly redis?: Fault, readonly strangers?: true, readonly leavers?: true, readonly familiar?: true }} Act
 */

/** Each comes once before one comes again. @type {readonly Act[]} */
const ACTS = [
  {},
  { strangers: true },
  // A removed key is noticed although nobody comes with a new one.
  { familiar: true },
  { issuer: 'error', familiar: true },
  { issuer: 'slow', strangers: true, leavers: true },
  { issuer: 'hang' },
  { issuer: 'hang', strangers: true, leavers: true },
  { issuer: 'down', strangers: true },
  { issuer: 'error', strangers: true },
  { issuer: 'malformed' },
  { issuer: 'cut', strangers: true },
  { redis: 'killed' },
  { redis: 'down' },
  { redis: 'emptied' },
  { redis: 'trimmed' },
  { redis: 'hang' },
  { redis: 'error' },
  { redis: 'malformed' },
  { redis: 'slow', leavers: true },
  { issuer: 'hang', redis: 'killed', strangers: true },
]
const FAULT_MS = { least: 2_000, most: 12_000 }
/** How often the key before is no longer published after a rotation. */
const RETIRING = 0.4
/** Long enough to see that all is well again. */
const CALM_MS = KEYS_RECOVER_MS + 2_000
const SPEAKING_MS = 60_000
const SILENT_MS = MAX_SYNC_AGE_MS + 8_000

/**
 * @param {object} options
 * @param {Awaited<ReturnType<typeof import('./issuer.mjs').startIssuer>>} options.issuer
 * @param {Awaited<ReturnType<typeof import('./revocations.mjs').startRevocations>>} options.revocations
 * @param {import('./load.mjs').Load} options.load
 * @param {ReturnType<typeof import('./random.mjs').randomFrom>} options.random
 * @param {AbortSignal} options.signal
 */
export async function runActs({ issuer, revocations, load, random, signal }) {
  /** @type {readonly Act[]} */
  let acts = []
  while (!signal.aborted) {
    if (acts.length === 0) acts = random.shuffled(ACTS)
    const [act = {}, ...others] = acts
    acts = others
    const faultMs = random.between(FAULT_MS.least, FAULT_MS.most)
    const isFamiliar = act.familiar === true
    const rotations = [
      rotateAt(random.between(0, isFamiliar ? 1_000 : faultMs), isFamiliar || random.chance(RETIRING)),
      rotateAt(faultMs + random.between(0, CALM_MS), random.chance(RETIRING)),
    ]
    console.log(`· ${JSON.stringify(act)} for ${faultMs} ms`)

    load.send(act)
    if (act.issuer !== undefined) await issuer.faults.begin(act.issuer)
    if (act.redis !== undefined) await revocations.faults.begin(act.redis)
    await pause(faultMs, signal)
    await issuer.faults.end()
    await revocations.faults.end()
    load.send({})
    await pause(CALM_MS, signal)
    await Promise.all(rotations)
  }

  /** @param {number} ms @param {boolean} retirePrevious */
  async function rotateAt(ms, retirePrevious) {
    await pause(ms, signal)
    if (!signal.aborted) await issuer.rotate({ retirePrevious })
  }
}

/**
 * @param {Awaited<ReturnType<typeof import('./revocations.mjs').startRevocations>>} revocations
 * @param {() => Promise<void>} runCron
 * @param {AbortSignal} signal
 */
export async function runCronTrigger(revocations, runCron, signal) {
  while (!signal.aborted) {
    const silenceAt = Date.now() + SPEAKING_MS
    while (Date.now() < silenceAt && !signal.aborted) await revocations.pass(runCron)
    await pause(SILENT_MS, signal)
  }
}

/** @param {number} ms @param {AbortSignal} signal */
export function pause(ms, signal) {
  return sleep(ms, undefined, { signal }).catch(() => {})
}
