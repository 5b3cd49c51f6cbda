// The options of key sets as users write them. What each may hold is checked in key-setting.ts.

import type { KeySetCache } from './key-set-cache.ts'

/** A key set as an STS serves it (RFC 7517 §5). Other members are ignored. */
export interface InlineKeySet {
  readonly keys: readonly object[]
}

/** How a zone's key set is obtained. All durations are in milliseconds. */
export interface KeySetOptions {
  /** The keys themselves, for a service that must not fetch. No other option of `keySet` may be set with it. */
  readonly jwks?: InlineKeySet
  /**
   * The complete URL of the key set, for an STS that is reached elsewhere than its `issuer` says, such as
   * `http://sts:8080/.well-known/jwks.json` inside a cluster. `zone_id` is added unless it is there. With several zones it
   * must not be there, and there may be only one issuer. Default: `<issuer>/.well-known/jwks.json`.
   */
  readonly url?: string
  /**
   * Used instead of the global `fetch`. It gets `cache: 'no-store'` and a header with a different value in every
   * request, and should not answer from a cache. Guards share a zone's key set only if they have the same function: pass
   * one that is created once, not a new closure for each guard.
   */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>
  /**
   * Key sets shared between isolates, such as `workersKeySetCache`: a set that another isolate has fetched is used while
   * it is young enough, as if it had been fetched here at that time, and what is fetched here is stored. **It is trusted
   * like the configuration: whoever can write to it can sign mandates.** A key id that is not in the set still leads to a
   * fetch. Guards share a zone's key set only if they have the same cache object. Default: none.
   */
  readonly cache?: KeySetCache
  /**
   * How long a fetched set is used before it is fetched again. In steady traffic nobody waits for that: in the last fifth
   * of this time, a request with a good signature has the set fetched beside itself, where the runtime lets that fetch
   * go on (Workers, Node, Deno, Bun). Default: 5 minutes.
   */
  readonly maxAgeMs?: number
  /** How long after its fetch a set is used if the STS cannot be reached. Default: 10 minutes. */
  readonly maxStaleMs?: number
  /**
   * The shortest time between two fetches for unknown key ids or bad signatures, and after a failed fetch while there are
   * keys to use. Without keys it is the longest pause after a failed fetch: the pauses begin with some hundred
   * milliseconds and double. Default: 30 seconds.
   */
  readonly cooldownMs?: number
  /**
   * The time limit of a fetch, body included, 50 ms or more. After a quarter of it, a request that waits makes a second
   * fetch, as soon as no more than one is under way, and it gives up when that one must have ended. Default: 5 seconds.
   */
  readonly timeoutMs?: number
}
