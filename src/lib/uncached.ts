// Keeps platform caches from answering requests whose answers must be current.

import { bare } from './own-member.ts'

/** Older versions of workerd do not support `cache` and throw on it. */
const NO_STORE: RequestInit = 'cache' in Request.prototype ? { cache: 'no-store' } : {}

/** Has no meaning, but a different value in every request. */
const REQUEST_ID_HEADER = 'X-Caracal-Request-Id'

/**
 * The same request, in a form that no cache answers. `no-store` alone is not enough: in a route with
 * `fetchCache = 'force-cache'`, Next.js ignores it and uses URL, headers and body as the cache key, even for a POST.
 */
export function uncached(init: RequestInit): RequestInit {
  const headers = new Headers(init.headers)
  headers.set(REQUEST_ID_HEADER, crypto.randomUUID())
  return bare({ ...init, ...NO_STORE, headers })
}
