// The sockets of `ws`, over real connections: closed with the authority, and nothing left when the client has gone.

import { once } from 'node:events'
import { InMemoryRevocationStore } from 'caracal-edge'
import { liveSocket } from 'caracal-edge/live'
import { afterAll, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import { liveAuthority } from '../support/live-authority.ts'

const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
await once(server, 'listening')
const address = server.address()
const port = typeof address === 'object' ? address?.port : undefined

afterAll(() => {
  for (const client of server.clients) client.terminate()
  server.close()
})

/** Both ends of an open connection. */
async function connected() {
  const client = new WebSocket(`ws://127.0.0.1:${port}/`)
  const [[socket]] = await Promise.all([once(server, 'connection'), once(client, 'open')])
  if (!(socket instanceof WebSocket)) throw new Error('There is no socket.')
  return { client, socket }
}

async function authorityToRevoke() {
  const store = new InMemoryRevocationStore()
  const { authority } = await liveAuthority({ revocations: store, storeTimeoutMs: 5_000 })
  return { authority, revoke: () => store.markRevoked(authority.mandate.sid) }
}

it('a revocation closes it with 1008 and the code, and then nothing is left', async () => {
  const { client, socket } = await connected()
  const { authority, revoke } = await authorityToRevoke()
  const before = socket.listenerCount('close')
  liveSocket(socket, authority, { recheckEveryMs: 100 })
  expect(socket.listenerCount('close')).toBe(before + 1)
  revoke()
  const [code, reason] = await once(client, 'close')
  expect([code, String(reason)]).toEqual([1008, 'session_revoked'])
  await vi.waitFor(() => expect(socket.readyState).toBe(WebSocket.CLOSED))
  expect(socket.listenerCount('close')).toBe(before)
})

it.each<[string, (client: WebSocket) => void]>([
  ['closes', (client) => client.close()],
  ['vanishes', (client) => client.terminate()],
])('a client that %s ends the watch', async (_, leave) => {
  const { client, socket } = await connected()
  const { authority } = await authorityToRevoke()
  const clear = vi.spyOn(globalThis, 'clearTimeout')
  const set = vi.spyOn(globalThis, 'setTimeout')
  liveSocket(socket, authority)
  const timer: unknown = set.mock.results.at(-1)?.value
  leave(client)
  await vi.waitFor(() => expect(clear.mock.calls.map(([given]) => given)).toContain(timer))
  clear.mockRestore()
  set.mockRestore()
})

it('a message that comes after the close still arrives, at a socket that is no longer open', async () => {
  const { client, socket } = await connected()
  const { authority, revoke } = await authorityToRevoke()
  const states: number[] = []
  socket.on('message', () => states.push(socket.readyState))
  client.send('early')
  await vi.waitFor(() => expect(states).toEqual([WebSocket.OPEN]))
  const close = socket.close.bind(socket)
  vi.spyOn(socket, 'close').mockImplementation((...how) => {
    close(...how)
    client.send('late')
  })
  const closed = once(client, 'close')
  liveSocket(socket, authority, { recheckEveryMs: 100 })
  revoke()
  await closed
  expect(states).toEqual([WebSocket.OPEN, WebSocket.CLOSING])
})
