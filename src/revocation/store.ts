// The contract between the guard and a revocation store.

/** A single question about everything that can end a mandate. */
export interface RevocationQuery {
  /** The ids that can be revoked, at most four and all different. If any of them is, the mandate has ended. */
  readonly anchors: readonly string[]
  /** The zone whose delegation epoch is needed; `undefined` if the mandate has no epoch to compare with. */
  readonly zoneId: string | undefined
}

/** A store's answer. Both must be own members. An answer of another shape counts as an outage. */
export interface RevocationState {
  /** Whether any of the anchors is revoked. */
  readonly revoked: boolean
  /** The zone's newest epoch: 0 if it has none or none was asked for, `Infinity` above 2^53. */
  readonly delegationEpoch: number
}

/**
 * Where revocations are looked up: once per request, after the signature and the requirements have been checked.
 *
 * A custom store needs only this method. It must throw (or reject) when it does not know the answer: the request is
 * then refused with 503. So is a request whose answer takes longer than `storeTimeoutMs`.
 *
 * @example
 * ```ts
 * const revocations: RevocationStore = {
 *   async lookup({ anchors, zoneId }) {
 *     const [revoked, epoch] = await Promise.all([db.anyRevoked(anchors), zoneId ? db.epoch(zoneId) : 0])
 *     return { revoked, delegationEpoch: epoch }
 *   },
 * }
 * ```
 */
export interface RevocationStore {
  /** The state of these ids and this zone now. Nothing that says "not revoked" may come from a cache. */
  lookup(query: RevocationQuery): RevocationState | Promise<RevocationState>
}

/**
 * A store that can also be written to. A mark is in effect when its promise resolves. Marking again never shortens how
 * long a mark is remembered. `testRevocationStore` in `caracal-edge/testing` checks all of this.
 */
export interface WritableRevocationStore extends RevocationStore {
  /**
   * Revokes every mandate that has this id as one of its anchors.
   * @param ttlMs how long to remember it, in milliseconds: at least as long as the longest mandate is valid. Default: a
   *   time of the store's own; in the stores of this package `defaultTtlMs`, which is 24 hours by default.
   * @throws {TypeError} (rejects) naming an argument that is wrong
   */
  markRevoked(anchorId: string, ttlMs?: number): Promise<void>
  /**
   * Raises the zone's delegation epoch: mandates with a lower one are refused. A lower one than the current changes
   * nothing.
   * @param ttlMs as for `markRevoked`
   * @throws {TypeError} (rejects) naming an argument that is wrong
   */
  markDelegationEpoch(zoneId: string, epoch: number | bigint, ttlMs?: number): Promise<void>
}
