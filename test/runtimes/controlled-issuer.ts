// An issuer over HTTP that does with requests for its keys what the test wants.

import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTestIssuer } from 'caracal-edge/testing'

/** Answers as an STS does; keeps everyone waiting; answers 500; or cuts the connection. */
export type IssuerMode = 'serve' | 'hold' | 'fail' | 'cut'

export async function startControlledIssuer() {
  const held: (() => Promise<void>)[] = []
  let mode: IssuerMode = 'serve'
  let asked = 0
  const server = createServer(async (request, response) => {
    asked++
    const answer = () => serve(request.url ?? '/', response)
    if (mode === 'hold') held.push(answer)
    else if (mode === 'fail') response.writeHead(500).end()
    else if (mode === 'cut') request.socket.destroy()
    else await answer()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const issuer = createTestIssuer({ issuer: url })

  async function serve(path: string, response: ServerResponse) {
    const { status, headers, body } = await issuer.handler(new Request(url + path))
    response.writeHead(status, Object.fromEntries(headers))
    response.end(Buffer.from(await new Response(body).arrayBuffer()))
  }

  return {
    ...issuer,
    url,
    /** How often it was asked for its keys so far. */
    asked: () => asked,
    /** What was held is answered, unless it goes on being held. */
    async be(next: IssuerMode) {
      mode = next
      if (next !== 'hold') await Promise.all(held.splice(0).map((answer) => answer()))
    },
    async untilAsked(times: number) {
      while (asked < times) await once(server, 'request')
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export type ControlledIssuer = Awaited<ReturnType<typeof startControlledIssuer>>
