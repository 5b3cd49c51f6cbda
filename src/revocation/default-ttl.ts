// How long revocations are remembered: the default, the least, and what each store of this package has.

import { duration, restricted } from '../lib/checks.ts'
import { MANDATE_LIFE_MS } from '../lib/limits.ts'

/** How long a revocation is remembered by default (protocol §5): as long as the longest mandate is valid. */
export const DEFAULT_TTL_MS = 86_400_000

/** At least as long as a mandate of the STS is valid. */
export const timeToRemember = restricted(
  duration,
  (ttlMs) => ttlMs >= MANDATE_LIFE_MS,
  `is shorter than the lifetime of mandates: it must be in milliseconds, not seconds, and ${MANDATE_LIFE_MS} or more`,
)

const ttls = new WeakMap<object, number>()

export function noteDefaultTtl(store: object, ttlMs: number): void {
  ttls.set(store, ttlMs)
}

/** In milliseconds; `undefined` for a custom store. */
export function defaultTtlOf(store: object): number | undefined {
  return ttls.get(store)
}
