// The WebSocket example: an admitted client is echoed, and a refused one gets the close code and the reason.

import { once } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { type CurlLine, reasonToSkip, startIssuer, withExample } from './support/examples.ts'

const FILE = 'websocket-echo.ts'
const reason = reasonToSkip(FILE)

let issuer: Awaited<ReturnType<typeof startIssuer>>

beforeAll(async () => {
  issuer = await startIssuer()
}, 60_000)

afterAll(() => issuer.program.stop())

function connect(url: string, line: CurlLine | undefined): WebSocket {
  const authorization = new Headers(line?.init.headers).get('authorization')
  return new WebSocket(url.replace('http', 'ws'), {
    headers: authorization === null ? {} : { authorization },
  })
}

async function closeOf(socket: WebSocket): Promise<string> {
  const [code, text] = await once(socket, 'close')
  return `${code} ${text}`
}

test.skipIf(reason)(
  reason === undefined ? FILE : `${FILE} (${reason})`,
  async () => {
    const [reader, stranger, , , payer] = issuer.lines
    await withExample(FILE, issuer.variables, async (url) => {
      const socket = connect(url, reader)
      await once(socket, 'open')
      socket.send('hello')
      const [data] = await once(socket, 'message')
      expect(String(data)).toBe('user-1: hello')
      socket.close()
      await once(socket, 'close')

      expect(await closeOf(connect(url, stranger))).toBe('1008 missing_token')
      expect(await closeOf(connect(url, payer))).toBe('1008 insufficient_scope')

      expect((await fetch(url, reader?.init)).status).toBe(426)
      expect((await fetch(url)).status).toBe(401)
    })
  },
  60_000,
)
