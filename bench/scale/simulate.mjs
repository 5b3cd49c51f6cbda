// Runs the traffic of some regions through their isolates, and counts.
// @ts-check

import { Isolate } from './isolate.mjs'
import { KeyCache } from './keys.mjs'
import { randomFrom } from './random.mjs'
import { trafficOf } from './traffic.mjs'

/** @typedef {import('./isolate.mjs').Counts} Counts */
/**
 * @typedef {object} Plan what is simulated
 * @property {number} regions how many of all
 * @property {number} isolates of each region
 * @property {number} [sampled] how many of these isolates are simulated; by default all
 * @property {number} perSecond requests of each region
 * @property {number} warmup seconds before, which do not count
 * @property {number} seconds that count
 */

const COUNTED = /** @type {const} */ ([
  ...['requests', 'lookups', 'commands', 'waits', 'verifications', 'isolates'],
  ...['start', 'age', 'ahead', 'search', 'reads'],
])

/** @returns {Counts} */
export function noCounts() {
  return /** @type {Counts} */ (Object.fromEntries(COUNTED.map((name) => [name, 0])))
}

/**
 * The same traffic and the same lives of isolates for each of several sets of features.
 *
 * @param {import('./assumptions.mjs').World} world
 * @param {Plan} plan
 * @param {readonly import('./isolate.mjs').Features[]} all
 * @returns {readonly Counts[]} for each set of features
 */
export function simulate(world, plan, all) {
  const totals = all.map(noCounts)
  const seconds = plan.warmup + plan.seconds
  for (let region = 0; region < plan.regions; region++) {
    const { perSecond, isolates, sampled = isolates } = plan
    const demand = { perSecond, isolates, sampled, seconds }
    const traffic = trafficOf(world, demand, randomFrom(1, region))
    all.forEach((features, index) => {
      const counts = countRegion(world, plan, features, traffic, region)
      const total = totals[index] ?? noCounts()
      for (const name of COUNTED) total[name] += counts[name]
    })
  }
  return totals
}

/**
 * @param {import('./assumptions.mjs').World} world
 * @param {Plan} plan
 * @param {import('./isolate.mjs').Features} features
 * @param {import('./traffic.mjs').Traffic} traffic
 * @param {number} region
 * @returns {Counts} without those of the time before
 */
function countRegion(world, { isolates, warmup, seconds }, features, traffic, region) {
  const counts = noCounts()
  let before = noCounts()
  const cache = new KeyCache()
  const slots = /** @type {(Isolate | undefined)[]} */ (Array.from({ length: isolates }))
  let started = 0
  const rotatedAt = warmup + seconds / 2
  let isWarm = false
  for (let index = 0; index < traffic.times.length; index++) {
    const at = traffic.times[index] ?? 0
    if (!isWarm && at >= warmup) {
      isWarm = true
      before = { ...counts }
    }
    const slot = traffic.slots[index] ?? 0
    const mandate = traffic.mandates[index] ?? 0
    let isolate = slots[slot]
    if (isolate === undefined || isolate.isGone(at)) {
      isolate?.end()
      isolate = new Isolate(world, features, cache, at, [region, slot, started++], counts)
      slots[slot] = isolate
    }
    const isNew = (traffic.issuedAt[mandate] ?? 0) >= rotatedAt
    isolate.admit(at, mandate, isNew ? rotatedAt : Number.NEGATIVE_INFINITY)
  }
  for (const isolate of slots) isolate?.end()
  if (counts.lookups !== counts.requests) throw new Error('A look-up was lost, or answered twice.')
  for (const name of COUNTED) counts[name] -= before[name]
  return counts
}
