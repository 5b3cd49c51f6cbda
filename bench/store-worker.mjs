// A Worker whose path names the store that its guard asks.
// @ts-check

import { env } from 'cloudflare:workers'
import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'

const { guard, database } = JSON.parse(String(env.OPTIONS))
/** On a busy machine, a slow answer is still one. */
const timeoutMs = 30_000
const upstash = () => new UpstashRevocationStore({ ...database, timeoutMs })
/** @param {import('caracal-edge').RevocationStore} revocations */
const guardWith = (revocations) =>
  withCaracal(() => new Response(null), { ...guard, revocations, storeTimeoutMs: timeoutMs })

const apart = Array.from({ length: 64 }, () => guardWith(upstash()))
let next = 0

/** @type {Record<string, (request: Request) => Promise<Response>>} */
const GUARDS = {
  '/memory': guardWith(new InMemoryRevocationStore()),
  '/shared': guardWith(upstash()),
  '/apart': (request) => apart[next++ % apart.length]?.(request) ?? Promise.reject(),
}

export default {
  fetch: (/** @type {Request} */ request) => GUARDS[new URL(request.url).pathname]?.(request),
}
