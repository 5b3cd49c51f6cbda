// @ts-check
// An issuer of mandates on a loopback port. It serves its key set over HTTP, as a zone's STS does.

import { createServer } from 'node:http'
import { createTestIssuer } from 'caracal-edge/testing'
import { listen } from './loopback.mjs'

/**
 * A request for the key set, for those who want to watch it or to answer it themselves.
 *
 * @typedef {object} KeySetExchange
 * @property {import('node:http').IncomingMessage} request
 * @property {import('node:http').ServerResponse} response
 * @property {() => Promise<Response>} run gives the right answer without sending it
 * @property {(answer: Response) => Promise<void>} send
 */

/**
 * @typedef {object} IssuerOptions
 * @property {number} [port] 0, the default, takes any free one
 * @property {string} [zoneId]
 * @property {string} [audience]
 * @property {(exchange: KeySetExchange) => unknown} [onRequest] is awaited before anything else happens; `true`
 *   says that the request has been dealt with: answered, left open or cut off
 */

/** @typedef {Awaited<ReturnType<typeof startIssuer>>} RunningIssuer */

/** @param {IssuerOptions} [options] */
export async function startIssuer({ port = 0, onRequest, ...identity } = {}) {
  const server = createServer()
  // The port comes first: the issuer's address is the `iss` claim of every mandate.
  const { url, close, reopen } = await listen(server, port)
  const issuer = createTestIssuer({ ...identity, issuer: url })
  let keySetRequests = 0

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async function serve(request, response) {
    keySetRequests += 1
    const run = () =>
      issuer.handler(new Request(new URL(request.url ?? '/', url), { method: request.method ?? 'GET' }))
    const send = async (/** @type {Response} */ answer) => {
      response.writeHead(answer.status, Object.fromEntries(answer.headers))
      response.end(new Uint8Array(await answer.arrayBuffer()))
    }
    if ((await onRequest?.({ request, response, run, send })) !== true) await send(await run())
  }

  server.on('request', (request, response) => {
    serve(request, response).catch((error) => {
      console.error('The loopback issuer failed:', error)
      response.destroy()
    })
  })

  return {
    ...issuer,
    url,
    /** How often it was asked for its key set so far. */
    keySetRequests: () => keySetRequests,
    close,
    /** Listens again on the same port, after `close`. */
    reopen,
  }
}
