// The look-ups of which a listener is told, so that a store in Redis can note how many of them shared a question.

import type { Measurements } from '../decision/measurements.ts'
import type { RevocationQuery } from './store.ts'

/** By the query, which a store of the user may pass on to one of ours: the contract of a store stays as it is. */
const measuredLookups = new WeakMap<RevocationQuery, Measurements>()

/** Begins the look-up. */
export function noteLookup(query: RevocationQuery, measured: Measurements): void {
  measuredLookups.set(query, measured)
  measured.begin('storeMs')
}

/** `undefined` if nobody listens. */
export function measurementsOf(query: RevocationQuery): Measurements | undefined {
  return measuredLookups.get(query)
}
