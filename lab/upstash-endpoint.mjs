// @ts-check
// Upstash's REST protocol over HTTP in front of a real Redis. For the tests and the demo: it trusts its clients.

import { createServer } from 'node:http'
import { listen } from './loopback.mjs'
import { sendCommands } from './resp.mjs'
import { answerTo, commandsIn } from './upstash-protocol.mjs'

/** @typedef {import('./resp.mjs').Command} Command */

/** @typedef {import('./upstash-protocol.mjs').Answer} Answer */

/**
 * A request, for those who want to watch it or to answer it themselves.
 *
 * @typedef {object} Exchange
 * @property {readonly Command[]} commands what is asked; none when the request is not understood
 * @property {import('node:http').IncomingMessage} request
 * @property {import('node:http').ServerResponse} response
 * @property {() => Promise<Answer>} run has Redis do what is asked, and gives the answer without sending it
 */

/**
 * @typedef {object} EndpointOptions
 * @property {number} redisPort
 * @property {string} token
 * @property {number} [port] 0, the default, takes any free one
 * @property {(exchange: Exchange) => unknown} [onRequest] is awaited before anything else happens; `true` says
 *   that the request has been dealt with: answered, left open or cut off
 */

/** @param {EndpointOptions} options */
export async function startUpstashEndpoint({ redisPort, token, port = 0, onRequest }) {
  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.socket.destroy())
  })

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:http').ServerResponse} response
   */
  async function serve(request, response) {
    const chunks = []
    for await (const chunk of request) chunks.push(chunk)
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    const commands = commandsIn(path, Buffer.concat(chunks).toString())
    const base64 = request.headers['upstash-encoding'] === 'base64'
    const run = async () => {
      if (request.headers.authorization !== `Bearer ${token}`) {
        return { status: 401, body: { error: 'WRONGPASS invalid or missing auth token' } }
      }
      return answerTo((all) => sendCommands(redisPort, all), path, commands, base64)
    }
    if ((await onRequest?.({ commands, request, response, run })) === true) return
    const { status, body } = await run()
    response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
  }

  return listen(server, port)
}
