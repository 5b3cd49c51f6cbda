// How long the stores of this package remember a mark unless told otherwise. Of other stores nothing is known.

const ttls = new WeakMap<object, number>()

export function noteDefaultTtl(store: object, ttlMs: number): void {
  ttls.set(store, ttlMs)
}

/** In milliseconds; `undefined` for a store of somebody else's. */
export function defaultTtlOf(store: object): number | undefined {
  return ttls.get(store)
}
