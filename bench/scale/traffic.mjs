// The requests of one region in order of time: agents begin tasks at random, each sends requests one after the other.
// @ts-check

import { exponential } from './random.mjs'

/**
 * @typedef {object} Traffic
 * @property {Float64Array} times in seconds
 * @property {Uint16Array} slots which isolate of the region
 * @property {Uint32Array} mandates by number
 * @property {Float64Array} issuedAt when each mandate was issued, by its number
 */

/** Tasks that began before are still going on at the start. Five times as long as one takes. */
const TASKS_BEFORE = 750
/** The order of two requests is known to a ten-thousandth of a second. */
const TICKS = 10_000
const MAX_REQUESTS = 2 ** 22

/**
 * @param {import('./assumptions.mjs').World} world
 * @param {object} demand
 * @param {number} demand.perSecond requests
 * @param {number} demand.isolates that the requests are spread over
 * @param {number} demand.sampled only the requests of so many of them are given
 * @param {number} demand.seconds
 * @param {import('./random.mjs').Random} random
 * @returns {Traffic}
 */
export function trafficOf({ taskRequests, taskGap, mandateLife }, demand, random) {
  const { perSecond, isolates, sampled, seconds } = demand
  const made = room(Math.ceil(1.2 * perSecond * (sampled / isolates) * seconds) + 10_000)
  const issuedAt = /** @type {number[]} */ ([])
  const last = 1 - 1 / taskRequests
  let count = 0
  for (let begin = -TASKS_BEFORE; ; ) {
    begin += exponential(random, taskRequests / perSecond)
    if (begin >= seconds) break
    let issued = begin
    issuedAt.push(issued)
    let at = begin
    do {
      if (at - issued >= mandateLife) {
        issued = at
        issuedAt.push(issued)
      }
      const slot = Math.floor(random() * isolates)
      if (at >= 0 && at < seconds && slot < sampled) {
        if (count === made.times.length) throw new Error('More requests than there is room for.')
        made.times[count] = at
        made.slots[count] = slot
        made.mandates[count] = issuedAt.length - 1
        count += 1
      }
      at += exponential(random, taskGap)
    } while (random() < last)
  }
  return { ...inOrder(made, count), issuedAt: Float64Array.from(issuedAt) }
}

/** @param {number} size */
function room(size) {
  if (size > MAX_REQUESTS) throw new Error('More requests than can be put in order.')
  return { times: new Float64Array(size), slots: new Uint16Array(size), mandates: new Uint32Array(size) }
}

/** @param {ReturnType<typeof room>} made @param {number} count */
function inOrder({ times, slots, mandates }, count) {
  // One number for time and place: without a function that compares, sorting is ten times as fast.
  const places = new Float64Array(count)
  for (let index = 0; index < count; index++) {
    places[index] = Math.floor((times[index] ?? 0) * TICKS) * MAX_REQUESTS + index
  }
  places.sort()
  const ordered = room(count)
  for (let index = 0; index < count; index++) {
    const place = (places[index] ?? 0) % MAX_REQUESTS
    ordered.times[index] = Math.floor((places[index] ?? 0) / MAX_REQUESTS) / TICKS
    ordered.slots[index] = slots[place] ?? 0
    ordered.mandates[index] = mandates[place] ?? 0
  }
  return ordered
}
