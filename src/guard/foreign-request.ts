// What can come in place of a request that a guard decides about: a prerender of Next.js, or a request of a Node server.

import { answerFor, denialResponse } from '../decision/denial-response.ts'
import { deny } from '../decision/denials.ts'
import { logOnce } from '../lib/log.ts'
import { classMember, isObject } from '../lib/own-member.ts'
import { isInterruption } from '../lib/thrown.ts'

/**
 * Looks at a request before its guard is chosen, because the options function may need variables that Next.js does not
 * have while it builds.
 *
 * @returns the answer to a request of a Node server (Express, `http.createServer`), which has been sent. A guard cannot
 *   read it, and a Node server ignores what a handler returns, so that its client would wait for ever.
 * @throws {TypeError} if such a request cannot be answered here
 * @throws what Next.js throws to end a prerender at the first look at the request
 */
export function answerForeign(request: unknown, platform: readonly unknown[]): Response | undefined {
  if (!isOfNode(request)) return undefined
  const [response] = platform
  if (!isNodeResponse(response)) throw new TypeError(`caracal-edge: ${ADVICE}`)
  logOnce(answerForeign, 'node', ADVICE)
  const denial = deny('server_error')
  const { status, headers, body } = answerFor(denial)
  try {
    response.writeHead(status, headers)
  } catch {
    // Another handler has begun to answer.
  }
  response.end(body)
  return denialResponse(denial)
}

const ADVICE =
  'a guard was given a request of a Node server (http.createServer, Express), and not a web-standard Request. Use the bridge of @hono/node-server: serve({ fetch: guarded }), or getRequestListener(guarded) inside of another server'

/** Its headers are a plain object. */
function isOfNode(request: unknown): boolean {
  try {
    // The usual case, without a look at methods.
    if (isObject(request) && 'headers' in request && request.headers instanceof Headers) return false
    const headers = classMember(request, 'headers')
    return isObject(headers) && typeof classMember(headers, 'get') !== 'function'
  } catch (error) {
    if (isInterruption(error)) throw error
    return false
  }
}

/** The part of Node's `ServerResponse` that is used. */
interface NodeResponse {
  writeHead(status: number, headers: { readonly [name: string]: string }): unknown
  end(body: string): unknown
}

function isNodeResponse(value: unknown): value is NodeResponse {
  return ['writeHead', 'end'].every((method) => typeof classMember(value, method) === 'function')
}
