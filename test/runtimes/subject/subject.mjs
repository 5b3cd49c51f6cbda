// @ts-check
// The guarded program that every runtime runs. What it is told comes from the environment alone.

import { mandateOf, withCaracal } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { LIVE, liveAnswer, watchSocket } from './live.mjs'

/** Short times, so that outages and rotations can be waited for, on a busy machine as well. */
export const TIMES = {
  keySet: { timeoutMs: 3_000, maxAgeMs: 1_000, maxStaleMs: 1_500, cooldownMs: 500 },
  store: { timeoutMs: 4_000 },
}

/** Below it everything is there a second time, and a refused WebSocket is always answered in plain HTTP. */
export const PLAIN = '/plain'

/**
 * @param {string} [prefix] what every path begins with
 * @returns {import('caracal-edge').CaracalOptions<readonly [string, string]>}
 */
export const options = (prefix = '') => ({
  revocations: UpstashRevocationStore.fromEnv({}, TIMES.store),
  keySet: TIMES.keySet,
  requiredScopes: ['read'],
  routes: {
    [`${prefix}/admin`]: { requiredScopes: ['admin'] },
    [`${prefix}/agents`]: { requireAgent: true },
    [`${prefix}/delegated`]: { requireDelegation: true },
    [`${prefix}/direct`]: { maxHopCount: 0 },
    [`${prefix}/chain`]: { requireChainContains: ['app-9'] },
    [`${prefix}/target`]: { requiredTargets: ['resource://ledger'] },
    [`${prefix}/elsewhere`]: { expectedZoneId: 'zone-9' },
    [`POST ${prefix}/orders`]: { requiredScopes: ['admin'], requireAgent: false },
    [`${prefix}/orders`]: { requireAgent: true },
  },
  exclude: [`${prefix}/public`, `GET ${prefix}/orders/status`],
})

/** By one of these names the arguments of every platform can be told. */
const SIGNS = ['incoming', 'CARACAL_STS_URL', 'waitUntil', 'remoteAddr', 'requestIP', 'params', 'respondWith']

let optionsCalls = 0

/**
 * Options as a function that looks at what the platform passes, and counts how often it is called.
 *
 * @template Given
 * @param {() => Given} make
 * @returns {(...platform: unknown[]) => Given}
 */
export const watching =
  (make) =>
  (...platform) => {
    optionsCalls += 1
    if (platform.some((argument) => !SIGNS.some((name) => name in Object(argument)))) {
      console.error(`the options function does not know an argument of ${platform.length}`)
    }
    return make()
  }

/**
 * Sends a body back as it comes in, or begins a stream; otherwise says in JSON what it was given.
 *
 * @param {Request} request
 * @param {object} context
 * @param {import('caracal-edge').Mandate | undefined} context.caracal
 * @param {import('caracal-edge').Authority | undefined} context.authority
 * @param {readonly unknown[]} platform
 */
export async function handler(request, { caracal, authority }, ...platform) {
  if (authority && new URL(request.url).pathname.includes(LIVE)) return liveAnswer(request, authority)
  const headers = { 'X-Answered-By': 'handler' }
  if (request.method === 'POST') {
    // In workerd not the body itself: wrangler's server for development would read what is left of it.
    const isWorkerd = 'WebSocketPair' in globalThis
    const body = isWorkerd ? request.body?.pipeThrough(new TransformStream()) : request.body
    return new Response(body ?? null, { headers })
  }
  const before = caracal?.sub
  // Others are let in meanwhile.
  await new Promise((resolve) => setTimeout(resolve, 10))
  return Response.json(
    {
      path: new URL(request.url).pathname,
      caracal,
      process: typeof process,
      isFrozen: Object.isFrozen(caracal),
      optionsCalls,
      subjects: [before, caracal?.sub, mandateOf(request)?.sub],
      platform: platform.map((argument) => SIGNS.filter((name) => name in Object(argument))),
    },
    { headers },
  )
}

/** @param {Request} request */
export const asksForSocket = (request) => request.headers.get('upgrade') === 'websocket'

/**
 * A handler that opens WebSockets as well. Their messages come back with the subject of the mandate before them.
 *
 * @typedef {object} Socket what becomes of it
 * @property {(message: unknown) => string} reply
 * @property {(socket: import('caracal-edge/live').ClosableSocket) => () => void} watch
 *
 * @param {(request: Request, socket: Socket, platform: unknown) => Response | Promise<Response>} open
 * @returns {typeof handler}
 */
export const handlerWithSockets =
  (open) =>
  async (request, context, ...platform) =>
    asksForSocket(request)
      ? open(
          request,
          {
            reply: (message) => `${context.caracal?.sub}: ${message}`,
            watch: (socket) => watchSocket(request, context.authority, socket),
          },
          platform[0],
        )
      : handler(request, context, ...platform)

/**
 * @param {string | undefined} form whether the options are given as an object, or as a `function`
 * @param {typeof handler} [handle]
 */
export const guard = (form, handle = handler) => guardedBy((given) => withCaracal(handle, given), form)

/** @typedef {ReturnType<typeof options>} Options */

/**
 * With refused WebSockets closed, unless the options say otherwise.
 *
 * @param {any} given options, or a function that returns them
 */
export const closing = (given) =>
  typeof given === 'function'
    ? (/** @type {unknown[]} */ ...platform) => ({ websocketDenial: 'close', ...given(...platform) })
    : { websocketDenial: 'close', ...given }

/**
 * @param {(given: Options | (() => Options)) => (request: Request, ...platform: unknown[]) => unknown} make
 * @param {string | undefined} form
 */
export function guardedBy(make, form) {
  /** @returns {Options} */
  const plainOptions = () => ({ ...options(PLAIN), websocketDenial: 'http' })
  const guarded = make(form === 'function' ? watching(() => options()) : options())
  const guardedPlain = make(form === 'function' ? watching(plainOptions) : plainOptions())
  /**
   * @param {Request} request
   * @param {readonly unknown[]} platform
   */
  return (request, ...platform) => {
    const isPlain = new URL(request.url).pathname.startsWith(PLAIN)
    return (isPlain ? guardedPlain : guarded)(request, ...platform)
  }
}
