// The options as users write them. What each may hold, and its default, is in option-table.ts.

import type { Observer } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import type { KeySetOptions } from '../keys/key-set-options.ts'
import type { Requirements } from '../requirements.ts'
import type { RevocationStore } from '../revocation/store.ts'

/** What one route can set for itself. A value given here replaces the guard's own. */
export interface RouteOptions extends Requirements {
  /** This service's resource identifier, which the mandate's audience must contain. Default: `CARACAL_AUDIENCE`. */
  readonly audience?: string
  /** Where revocations are looked up, on every request. */
  readonly revocations?: RevocationStore
  /** The URL of the STS: `https:`, or `http:` on a loopback host. Default: `CARACAL_STS_URL`. */
  readonly issuer?: string
  /** The zone that mandates must belong to, or several. Default: `CARACAL_ZONE_ID`. */
  readonly expectedZoneId?: string | readonly string[]
  /**
   * The longest life of a mandate that is accepted, in whole seconds, counted from its `iat` and from now. It must
   * not outlive the mark of its revocation: a store of this package whose `defaultTtlMs` is shorter is a configuration
   * error. Default: `86400`, 24 hours; the STS gives mandates 15 minutes.
   */
  readonly maxLifetimeSeconds?: number
}

/** The options of `withCaracal`, `guardFetch` and `createMandateVerifier`. */
export interface CaracalOptions<Excluded extends readonly string[] = readonly string[]> extends RouteOptions {
  readonly revocations: RevocationStore
  /** Path prefix → what is asked there. Matches whole segments; the longest matching prefix wins. */
  readonly routes?: { readonly [prefix: string]: RouteOptions }
  /** Path prefixes that are served without any verification. */
  readonly exclude?: Excluded
  /**
   * The longest that a look-up in any store may take, in milliseconds; then the request is refused with 503. A limit
   * of the store's own, such as `timeoutMs` of an `UpstashRevocationStore`, lies within it. Default: 5 seconds.
   */
  readonly storeTimeoutMs?: number
  /** Tolerance for `nbf` and a future `iat`, in seconds, 300 at most. Expiry has none. Default: `60`. */
  readonly clockToleranceSeconds?: number
  readonly keySet?: KeySetOptions
  /**
   * How many verified signatures are remembered, or `false` for none. Tokens of more than 8,192 characters are not,
   * nor more than 4,194,304 characters in all. Default: `{ maxEntries: 1000 }`.
   */
  readonly verifiedTokenCache?: false | { readonly maxEntries: number }
  /**
   * How a WebSocket upgrade is refused. `'close'`: it is accepted and closed at once with 1008 and the code as
   * reason, since clients see no more than that; where the runtime cannot, as `'http'`: with the answer that any
   * request gets. Default: `'close'`, but on Bun `'http'`: there all sockets go to the `websocket` handlers that the
   * server was given, and nothing tells which those are. On Bun, `'close'` says that the server serves those of the
   * app that `guardFetch` gave, unchanged; any others would be handed the refused sockets.
   */
  readonly websocketDenial?: WebSocketDenial
  /**
   * Called with every decision, after it is made; it cannot change it, and what it throws is logged and dropped.
   * On Workers, hand what it starts to `waitUntil`.
   */
  readonly onDecision?: Observer
}
