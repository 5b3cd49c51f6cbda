// What a case gives to whoever makes a guard for it, and what it gets back.

import type { RevocationStore } from '../../revocation/store.ts'
import type { UpstashSetUp } from './case-store.ts'

/** Where a guard would find its revocations, if it asks a database by Upstash's REST protocol. */
export interface ConformanceUpstash {
  readonly url: string
  readonly token: string
  /** The prefix of the keys; `undefined` for the protocol's own. */
  readonly keyPrefix: string | undefined
  readonly timeoutMs: number
  /** `right`, or the mistake with which the client is to be set up. */
  readonly setUp: UpstashSetUp
}

/** The situation of one check of {@link conformance}: what the guard is to be made with. */
export interface ConformanceSettings {
  /** What mandates name as `iss`. */
  readonly issuer: string
  /** What they must name in `aud`. */
  readonly audience: string
  readonly zoneId: string
  /** Where the key set of that zone is: `<issuer>/.well-known/jwks.json?zone_id=<zone>`. */
  readonly keySetUrl: string
  /** How long to wait for it, in milliseconds; `undefined`: as long as the guard usually does. */
  readonly keySetTimeoutMs: number | undefined
  /** Reaches the issuer, and nothing else: the key set is served in memory. Faults show as they do on a network. */
  readonly fetch: (url: string | URL, init?: RequestInit) => Promise<Response>
  /** The store to ask for every request, after everything else has been checked. */
  readonly revocations: RevocationStore
  /** How long to wait for its answer, in milliseconds. */
  readonly storeTimeoutMs: number
  /**
   * All of the above, and what the case asks besides, as options of `withCaracal`: a guard of this package takes them as
   * they are. They can be wrong: then it must refuse to be made. Another guard reads what it supports, and names the
   * rest in `unsupported`. Whoever reads its `onDecision` must call it for each decision: the events are judged too.
   */
  readonly options: { readonly [option: string]: unknown }
  /** The names of the options that the case itself sets. */
  readonly asked: readonly string[]
  /** `function`: the options come as `() => options`, so that a mistake shows with the first request, as a 500. */
  readonly given: 'object' | 'function'
  /** Environment variables to set, or to remove where they are `undefined`, until `close` is called. */
  readonly environment: { readonly [name: string]: string | undefined }
  /** The same store as a database over HTTP; `undefined` where the case is about an object. It needs `origin`. */
  readonly upstash: ConformanceUpstash | undefined
  /**
   * What a server at `origin` must answer, compression included. It rejects where the connection is to be cut, and is
   * never settled where nothing is to be answered.
   */
  readonly serve: (request: Request) => Promise<Response>
  /** Makes the answer to an admitted request. The guard calls it once for each, with the claims that it has verified. */
  readonly handler: (request: Request, mandate: unknown) => Response
  /** Texts of the case that must never be logged. */
  readonly secrets: readonly string[]
}

/** A guarded handler: it answers a request, whatever comes. */
export type ConformanceHandler = (request: Request) => Response | Promise<Response>

/** A guarded handler for one case, and what to do after it. */
export interface ConformanceGuard {
  readonly fetch: ConformanceHandler
  close?(): void | Promise<void>
}
