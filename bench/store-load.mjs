// Loads that a store is put under: as many requests as it can take, or so many in a second.
// @ts-check

/** @typedef {import('./store-contenders.mjs').Admit} Admit */

/**
 * Lanes that each send one request after the other. Gives how many were admitted.
 *
 * @param {Admit} admit
 * @param {number} lanes
 * @param {number} milliseconds
 */
export async function saturate(admit, lanes, milliseconds) {
  const endAt = performance.now() + milliseconds
  let admitted = 0
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      while (performance.now() < endAt) {
        if (!(await admit(lane))) throw new Error('The benchmark would measure refusals.')
        admitted += 1
      }
    }),
  )
  return admitted
}

/**
 * Requests at a steady rate, whatever becomes of those before. Gives how long each took from the time it was due, in
 * milliseconds.
 *
 * @param {Admit} admit
 * @param {number} perSecond
 * @param {number} milliseconds
 */
export async function arrive(admit, perSecond, milliseconds) {
  const startedAt = performance.now()
  /** @type {Promise<number>[]} */
  const all = []
  /** @param {number} due @param {number} lane */
  const one = async (due, lane) => {
    if (!(await admit(lane))) throw new Error('The benchmark would measure refusals.')
    return performance.now() - due
  }
  for (;;) {
    const elapsed = performance.now() - startedAt
    if (elapsed > milliseconds) return Promise.all(all)
    while (all.length < (elapsed * perSecond) / 1_000) {
      all.push(one(startedAt + (all.length * 1_000) / perSecond, all.length))
    }
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
