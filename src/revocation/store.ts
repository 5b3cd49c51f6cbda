// What the guard asks of a revocation store, and what it believes of the answer.

/** One question for everything that could end a mandate. */
export interface RevocationQuery {
  /** The distinct ids of which a single revoked one ends the mandate, at most four. */
  readonly anchors: readonly string[]
  /** The zone whose delegation epoch is asked for; `undefined` when the mandate carries no epoch. */
  readonly zoneId: string | undefined
}

/** A store's answer, with these as members of its own. Anything of another shape counts as an outage. */
export interface RevocationState {
  /** Whether any of the anchors is revoked. */
  readonly revoked: boolean
  /** The zone's newest epoch: 0 when it has none or none was asked for, `Infinity` past 2^53. */
  readonly delegationEpoch: number
}

/**
 * Where revocations are looked up: once per request, after signature and requirements hold.
 *
 * Bring your own by implementing this one method. Throw (or reject) when the answer is not known: the
 * request is then refused with 503. So it is when there is no answer after `storeTimeoutMs`.
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
  lookup(query: RevocationQuery): RevocationState | Promise<RevocationState>
}

/** A store that revocations can be written to. */
export interface WritableRevocationStore extends RevocationStore {
  /**
   * Ends every mandate that has this id among its anchors.
   * @param ttlMs how long to remember it; at least the longest life of a mandate
   */
  markRevoked(anchorId: string, ttlMs?: number): Promise<void>
  /** Raises the zone's delegation epoch; a lower one than the present changes nothing. */
  markDelegationEpoch(zoneId: string, epoch: number | bigint, ttlMs?: number): Promise<void>
}
