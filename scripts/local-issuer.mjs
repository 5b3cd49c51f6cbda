// @ts-check
// An issuer of mandates on a loopback port. It serves its key set over HTTP, as a zone's STS does.

import { createServer } from 'node:http'
import { createTestIssuer } from 'caracal-edge/testing'

/** What the examples call themselves. */
export const AUDIENCE = 'resource://billing-api'
export const ZONE_ID = 'zone-demo'

/**
 * @param {{ port?: number }} [options] the port 0, the default, is any free one
 */
export async function startLocalIssuer({ port = 0 } = {}) {
  const server = createServer()
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => resolve(undefined))
  })

  // The port comes first: the issuer's address is the `iss` claim of every mandate.
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The issuer has no port.')
  const url = `http://127.0.0.1:${address.port}`
  const issuer = createTestIssuer({ issuer: url, zoneId: ZONE_ID, audience: AUDIENCE })
  let keySetRequests = 0

  server.on('request', async (incoming, outgoing) => {
    try {
      keySetRequests += 1
      const request = new Request(new URL(incoming.url ?? '/', url), { method: incoming.method ?? 'GET' })
      const response = await issuer.handler(request)
      outgoing.writeHead(response.status, Object.fromEntries(response.headers))
      outgoing.end(new Uint8Array(await response.arrayBuffer()))
    } catch (error) {
      console.error('The local issuer failed:', error)
      outgoing.destroy()
    }
  })

  return {
    url,
    /** @type {typeof issuer.mint} */
    mint: (departures) => issuer.mint(departures),
    rotate: () => issuer.rotate(),
    keySetRequests: () => keySetRequests,
    /** @returns {Promise<void>} */
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        // The Worker keeps its connection open, and `close` alone would wait for it.
        server.closeAllConnections()
      }),
  }
}
