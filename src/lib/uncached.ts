// Keeps the caches of platforms out of requests whose answers have to be of this moment.

import { bare } from './own-member.ts'

/** Older workerd knows no `cache` and throws on it. */
const NO_STORE: RequestInit = 'cache' in Request.prototype ? { cache: 'no-store' } : {}

/** Differs with every request, and says nothing. */
const REQUEST_ID_HEADER = 'X-Caracal-Request-Id'

/**
 * The same request, such that no cache answers it. `no-store` alone is not enough: Next.js ignores it in a route with
 * `fetchCache = 'force-cache'`, and goes by URL, headers and body there, for a POST as well.
 */
export function uncached(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers)
  headers.set(REQUEST_ID_HEADER, crypto.randomUUID())
  return bare({ ...init, ...NO_STORE, headers })
}
