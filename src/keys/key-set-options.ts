// The options of key sets as users write them. What each may hold is checked in key-setting.ts.

/** A key set given inline, as an STS would serve it (RFC 7517 §5). Members beyond these are kept as they are. */
export interface InlineKeySet {
  readonly keys: readonly object[]
}

/** How a zone's key set is had. All durations in milliseconds. */
export interface KeySetOptions {
  /** The keys themselves, for a service that must not fetch. Nothing else may be given beside them. */
  readonly jwks?: InlineKeySet
  /**
   * Used in place of the global `fetch`. It is given `cache: 'no-store'` and a header that differs with every
   * request, and should let no cache answer. Guards share a zone's key set only when they are given the same
   * function, so pass one that is made once, not a new closure for each guard.
   */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /** How long a fetched set is used without asking again. Default: 5 minutes. */
  readonly maxAgeMs?: number
  /** How long the last good set is used while the STS is out of reach, counted from its fetch. Default: 10 minutes. */
  readonly maxStaleMs?: number
  /** The shortest time between two fetches on behalf of unknown keys, or after a failed one. Default: 30 seconds. */
  readonly cooldownMs?: number
  /** The longest a fetch may take, its body included. Default: 5 seconds. */
  readonly timeoutMs?: number
}
