// An issuer over HTTP whose key set comes only when the test lets it.

import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTestIssuer } from 'caracal-edge/testing'

export async function startSlowIssuer() {
  const held: ServerResponse[] = []
  let isHolding = false
  let asked = 0
  const server = createServer(async (_request, response) => {
    asked++
    if (isHolding) held.push(response)
    else await answer(response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = createTestIssuer({ issuer: url })

  async function answer(response: ServerResponse) {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(await issuer.jwks()))
  }

  return {
    ...issuer,
    url,
    /** How often it was asked for its keys so far. */
    asked: () => asked,
    hold() {
      isHolding = true
    },
    async release() {
      isHolding = false
      await Promise.all(held.splice(0).map(answer))
    },
    async untilAsked(times: number) {
      while (asked < times) await new Promise((resolve) => setTimeout(resolve, 5))
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
