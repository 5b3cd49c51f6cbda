// What is simulated: volumes with features on and off, and what decides about sharing and remembering.
// @ts-check

import { WORLD } from './assumptions.mjs'
import { simulate } from './simulate.mjs'

/** @typedef {import('./isolate.mjs').Features} Features */
/** @typedef {import('./simulate.mjs').Plan} Plan */

export const VOLUMES = [1e5, 1e6, 1e7, 1e8, 1e9, 1e10]
/** Beyond this, fewer regions are simulated than there are, then less than a day. */
const MOST_REQUESTS = 300_000
const SHORTEST = 1_200
/** By then every key set has been fetched, and every isolate remembers what it can. */
const WARMUP = 300

/** @type {Features} */
const ALL_ON = { shared: true, remembered: true, cache: true, ahead: true }

/** @type {readonly { readonly name: string, readonly features: Features }[]} */
export const VARIANTS = [
  { name: 'all on', features: ALL_ON },
  { name: 'without shared questions', features: { ...ALL_ON, shared: false } },
  { name: 'without remembered signatures', features: { ...ALL_ON, remembered: false } },
  { name: 'without `keySet.cache`', features: { ...ALL_ON, cache: false } },
  { name: 'without refresh ahead', features: { ...ALL_ON, ahead: false } },
  { name: 'all off', features: { shared: false, remembered: false, cache: false, ahead: false } },
]

/** @param {number} perDay @returns {Plan} */
export function planFor(perDay) {
  const perSecond = perDay / WORLD.day / WORLD.regions
  const isolates = Math.max(1, Math.ceil(perSecond / WORLD.isolateRequestsPerSecond))
  const wanted = Math.floor(MOST_REQUESTS / (perDay / WORLD.regions))
  const regions = Math.min(WORLD.regions, Math.max(1, wanted))
  if (wanted >= 1) {
    const isExact = regions === WORLD.regions
    return { regions, isolates, perSecond, warmup: isExact ? 0 : WARMUP, seconds: WORLD.day }
  }
  const seconds = Math.max(SHORTEST, Math.floor(MOST_REQUESTS / perSecond))
  return { regions, isolates, perSecond, warmup: WARMUP, seconds }
}

/**
 * @typedef {object} Outcome of one variant at one volume; rates are a second, in all regions
 * @property {string} variant
 * @property {import('./simulate.mjs').Counts} counts as they were simulated
 * @property {number} lookups
 * @property {number} commands
 * @property {number} keyFetches
 * @property {number} verifiedShare of requests
 * @property {number} waitsInMillion of requests that waited for keys
 * @property {number} cpuSeconds of a million requests
 */

/**
 * @param {{ readonly [cost in import('./costs.mjs').Cost]: import('./costs.mjs').Priced }} costs
 * @returns {readonly { readonly perDay: number, readonly plan: Plan, readonly outcomes: readonly Outcome[] }[]}
 */
export function simulateVolumes(costs) {
  return VOLUMES.map((perDay) => {
    const plan = planFor(perDay)
    const all = simulate(
      WORLD,
      plan,
      VARIANTS.map(({ features }) => features),
    )
    return {
      perDay,
      plan,
      outcomes: all.flatMap((counts, index) => {
        const variant = VARIANTS[index]
        return variant === undefined ? [] : [outcomeOf(variant.name, counts, plan, costs)]
      }),
    }
  })
}

/**
 * @param {string} variant
 * @param {import('./simulate.mjs').Counts} counts
 * @param {Plan} plan
 * @param {{ readonly [cost in import('./costs.mjs').Cost]: import('./costs.mjs').Priced }} costs
 * @returns {Outcome}
 */
function outcomeOf(variant, counts, plan, costs) {
  const scale = WORLD.regions / plan.regions
  const rate = (/** @type {number} */ count) => (count * scale) / plan.seconds
  // Every plan has one rotation, however long it is. A day has so many.
  const searches = (counts.search * scale * WORLD.rotationsPerDay) / WORLD.day
  const price = (/** @type {import('./costs.mjs').Cost} */ cost) => costs[cost].microseconds
  const spent =
    counts.requests * price('known') +
    counts.verifications * price('verification') +
    counts.commands * price('question') +
    (counts.lookups - counts.commands) * price('lookup') +
    (counts.start + counts.age + counts.ahead + counts.search) * price('keyFetch') +
    counts.reads * price('keyRead') +
    counts.isolates * price('isolate')
  return {
    variant,
    counts,
    lookups: rate(counts.lookups),
    commands: rate(counts.commands),
    keyFetches: rate(counts.start + counts.age + counts.ahead) + searches,
    verifiedShare: counts.verifications / counts.requests,
    waitsInMillion: (counts.waits / counts.requests) * 1e6,
    cpuSeconds: spent / counts.requests,
  }
}

export const BUSYNESS = [10, 50, 200, 500, 1_000, 2_000]
export const ROUND_TRIPS = [0.002, 0.02, 0.1]

/** Commands for each look-up, by how busy an isolate is and how far away Redis. */
export function simulateSharing() {
  return BUSYNESS.map((perSecond) => ({
    perSecond,
    commands: ROUND_TRIPS.map((roundTrip) => {
      const world = { ...WORLD, roundTripLeast: roundTrip * 0.75, roundTripMore: roundTrip * 0.25 }
      const plan = {
        regions: 1,
        isolates: 1,
        perSecond,
        warmup: 10,
        seconds: Math.min(600, 40_000 / perSecond),
      }
      const [counts] = simulate(world, plan, [ALL_ON])
      return counts === undefined ? Number.NaN : counts.commands / counts.lookups
    }),
  }))
}

export const ISOLATES = [1, 3, 6, 12]
export const MOST_REMEMBERED = [1_000, 5_000]

/** The share of requests whose signature is verified, by how many isolates of 200 requests a second a mandate visits. */
export function simulateRemembering() {
  return ISOLATES.map((isolates) => ({
    isolates,
    verified: MOST_REMEMBERED.map((maxEntries) => {
      const perSecond = isolates * WORLD.isolateRequestsPerSecond
      const plan = { regions: 1, isolates, sampled: 1, perSecond, warmup: 150, seconds: 100 }
      const [counts] = simulate({ ...WORLD, maxEntries }, plan, [ALL_ON])
      return counts === undefined ? Number.NaN : counts.verifications / counts.requests
    }),
  }))
}
