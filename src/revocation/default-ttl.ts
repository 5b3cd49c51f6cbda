// The default TTL of each store of this package. That of other stores is not known.

const ttls = new WeakMap<object, number>()

export function noteDefaultTtl(store: object, ttlMs: number): void {
  ttls.set(store, ttlMs)
}

/** In milliseconds; `undefined` for a custom store. */
export function defaultTtlOf(store: object): number | undefined {
  return ttls.get(store)
}
