// The options as users write them. Their checks and defaults are in option-table.ts.

import type { DecisionObserver } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import type { KeySetOptions } from '../keys/key-set-options.ts'
import type { Requirements } from '../requirements.ts'
import type { RevocationStore } from '../revocation/store.ts'

/** The options that a route can set. Its value replaces the guard's own. */
export interface RouteOptions extends Requirements {
  /** This service's resource identifier, which the mandate's audience must contain. Default: `CARACAL_AUDIENCE`. */
  readonly audience?: string
  /** Where revocations are looked up, on every request. */
  readonly revocations?: RevocationStore
  /**
   * The URL of the STS, as its mandates name it; slashes at the end do not count. `https:`, or `http:` on a loopback host
   * or with `CARACAL_ALLOW_INSECURE_CONFIG_URLS`. Default: `CARACAL_STS_URL`.
   */
  readonly issuer?: string
  /** The zone that mandates must belong to, or several. Default: `CARACAL_ZONE_ID`. */
  readonly expectedZoneId?: string | readonly string[]
  /**
   * The longest lifetime of a mandate that is accepted, in whole seconds, counted from its `iat` and from now. A
   * mandate must not be valid longer than its revocation is remembered: it is a configuration error if `defaultTtlMs`
   * of a store of this package is shorter. Default: `86400`, 24 hours. Mandates of the STS are valid for 15 minutes.
   */
  readonly maxLifetimeSeconds?: number
}

/**
 * A path prefix, perhaps with methods before it: `'/payouts'`, `'POST /payouts'`, `'PUT,PATCH /payouts'`. Methods are in
 * capitals, with commas and no blanks between them. `GET` stands for `HEAD` too.
 */
export type RouteKey = `/${string}` | `${Uppercase<string>} /${string}`

/** A {@link RouteKey}; or, as `exact`, the same for that path alone, without what lies below. */
export type ExcludedPath = string | { readonly exact: string }

/** The options of `withCaracal`, `guardFetch` and `createMandateVerifier`. */
export interface CaracalOptions<Excluded extends readonly ExcludedPath[] = readonly ExcludedPath[]>
  extends RouteOptions {
  /** Where revocations are looked up, on every request. Required, except in `caracal()`. */
  readonly revocations: RevocationStore
  /**
   * Path prefix → the options there. A prefix matches whole segments. The longest prefix that has a key for the request's
   * method applies. On the same prefix, a key that names the method applies instead of the key without methods.
   *
   * A method is compared as it comes, so a handler that obeys `X-HTTP-Method-Override` must be guarded for everything
   * that it does under any method.
   * @example
   * ```ts
   * routes: {
   *   '/payouts': { requiredScopes: ['payouts:read'] },
   *   'POST /payouts': { requiredScopes: ['payouts:create'] },
   *   'PUT,PATCH /payouts': { requiredScopes: ['payouts:change'], requireDelegation: true },
   * }
   * ```
   */
  readonly routes?: { readonly [Key in RouteKey]: RouteOptions }
  /**
   * Path prefixes that are served without verification; with methods, for these only. `'OPTIONS /'` excludes all
   * preflights, also those of paths in `routes`. `{ exact: '/' }` excludes a path without what lies below.
   * @example
   * ```ts
   * exclude: ['/healthz', 'OPTIONS /', 'GET /docs', { exact: '/' }]
   * ```
   */
  readonly exclude?: Excluded
  /**
   * The time limit of a lookup in any store, in milliseconds, at least 50. After that, the request is refused with 503. A
   * store may have a shorter limit of its own, such as `timeoutMs` of an `UpstashRevocationStore`. Default: `5000`.
   */
  readonly storeTimeoutMs?: number
  /** Tolerance for `nbf` and a future `iat`, in seconds, at most 300. Expiry has no tolerance. Default: `60`. */
  readonly clockToleranceSeconds?: number
  /** How the key sets of the zones are obtained. Default: fetched from the `issuer`, shared by all guards of the isolate. */
  readonly keySet?: KeySetOptions
  /**
   * The URL of this service's protected resource metadata (RFC 9728), which tells clients where mandates come from. It is
   * sent in the challenge of a 401 and of `insufficient_scope`. Default: none.
   */
  readonly resourceMetadata?: string
  /**
   * The header that holds the mandate, without a scheme, such as `'X-Caracal-Identity'`, in which the Gateway can forward
   * it. No other header counts then, not even `Authorization`. Shared caches know only `Authorization`: every response
   * to a guarded request must then have `Cache-Control: private` or `no-store`. Default: `'Authorization'`, with the
   * scheme `Bearer`.
   */
  readonly credentialHeader?: string
  /**
   * How many verified signatures are kept beside their key set, for all guards of the isolate that have this key set. Of
   * several such guards, the largest number counts. `false`: this guard keeps none, and uses none. Tokens of more than
   * 8,192 characters are not kept, and no more than 4,194,304 characters of one key set. Default: `{ maxEntries: 1000 }`.
   */
  readonly verifiedTokenCache?: false | { readonly maxEntries: number }
  /**
   * How a WebSocket upgrade is refused. `'close'` accepts it and closes it at once with 1008 and the code as reason,
   * because a client cannot see more than that. `'http'` answers as to any other request, and so does `'close'` where
   * the runtime cannot close. Default: `'close'` on Workers, `'http'` elsewhere.
   *
   * Setting `'close'` on Deno promises that what the guard returns goes back to the server: `Deno.serve` ends where a
   * socket is accepted and another response is returned, such as an error page or that of a timeout. Setting it on Bun
   * promises that the server has the unchanged `websocket` of the app that `guardFetch` returned: there, all sockets go
   * to the handlers of the server, which the guard cannot see.
   */
  readonly websocketDenial?: WebSocketDenial
  /**
   * Called after every decision, with the event and the request; the request is `undefined` for a token that came without
   * one. Without it, nothing is measured. It cannot change the decision, and an error that it throws is only logged. On Workers, pass asynchronous work to
   * `waitUntil`. Default: outages are logged, each once a minute.
   * @example
   * ```ts
   * onDecision: consoleObserver({ level: 'warn' })
   * onDecision: (event) => event.outcome === 'deny' && count(event.reason)
   * ```
   */
  readonly onDecision?: DecisionObserver
}
