// A key set cache over the Cache API of Workers.

import { boundedText } from '../lib/bounded-fetch.ts'
import { MAX_CACHED_KEY_SET_LENGTH } from '../lib/limits.ts'
import type { KeySetCache } from './key-set-cache.ts'

const CACHE_NAME = 'caracal-edge'

/**
 * Key sets in the Cache API of Workers, in a cache named `caracal-edge`. The isolates of one data center share it. It
 * keeps nothing on `workers.dev` and where there is no Cache API, such as Node: the keys are then fetched as without it.
 *
 * @example
 * ```ts
 * withCaracal(handler, { revocations, keySet: { cache: workersKeySetCache } })
 * ```
 * @see https://developers.cloudflare.com/workers/runtime-apis/cache/
 */
export const workersKeySetCache: KeySetCache = {
  async get(name) {
    const cache = await opened()
    const response = await cache?.match(addressOf(name))
    if (response === undefined) return undefined
    const text = await boundedText(response.body, MAX_CACHED_KEY_SET_LENGTH)
    return text.ok ? text.value : undefined
  },
  async put(name, text, ttlSeconds) {
    const cache = await opened()
    const headers = { 'Content-Type': 'application/json', 'Cache-Control': `max-age=${ttlSeconds}` }
    await cache?.put(addressOf(name), new Response(text, { headers }))
  },
}

/** Opened for each use: on Workers it belongs to the request. */
async function opened(): Promise<Cache | undefined> {
  return typeof caches === 'undefined' ? undefined : await caches.open(CACHE_NAME)
}

/** A host that cannot exist, so that nothing else is stored there. */
function addressOf(name: string): string {
  return `https://caracal-edge.invalid/${encodeURIComponent(name)}`
}
