// What `caracal-edge/live` takes and returns: the sockets of all runtimes, and of Hono.

import type { Authority, Denial } from 'caracal-edge'
import { type ClosableSocket, liveResponse, liveSocket } from 'caracal-edge/live'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { WSContext } from 'hono/ws'
import { exactly } from './support/exactly.ts'

declare const authority: Authority
declare const maybe: Authority | undefined
declare const response: Response
declare const signal: AbortSignal

exactly<Response>()(liveResponse(response, authority))
liveResponse(response, authority, {})
liveResponse(response, authority, { recheckEveryMs: 1_000, graceMs: 0, until: signal })
liveResponse(response, authority, {
  onEnd: (denial) => {
    exactly<Denial>()(denial)
    return denial.code === 'server_error' ? undefined : 'data: bye\n\n'
  },
})
new Hono().get('/', (c) =>
  liveResponse(
    streamSSE(c, async (stream) => stream.writeSSE({ data: '1' })),
    authority,
  ),
)

// @ts-expect-error undefined on an excluded path
liveResponse(response, maybe)
// @ts-expect-error not a mandate
liveResponse(response, authority.mandate)
// @ts-expect-error await it first
liveResponse(Promise.resolve(response), authority)
// @ts-expect-error unknown name
liveResponse(response, authority, { recheckEvery: 1_000 })
// @ts-expect-error undefined would mean never
liveResponse(response, authority, { recheckEveryMs: undefined })
// @ts-expect-error text at once: the stream ends now
liveResponse(response, authority, { onEnd: async () => 'data: bye\n\n' })
// @ts-expect-error text
liveResponse(response, authority, { onEnd: () => 7 })

/** Workers. */
interface WorkersSocket extends EventTarget {
  accept(): void
  close(code?: number, reason?: string): void
  readonly readyState: number
}
/** Bun. */
interface ServerWebSocket {
  readonly data: unknown
  readonly readyState: 0 | 1 | 2 | 3
  close(code?: number, reason?: string): void
}
/** `ws`. */
interface WsSocket {
  readonly readyState: 0 | 1 | 2 | 3
  close(code?: number, data?: string | Uint8Array): void
}
declare const sockets: readonly [
  WorkersSocket,
  WebSocket,
  ServerWebSocket,
  WsSocket,
  WSContext<ServerWebSocket>,
]
for (const socket of sockets) exactly<() => void>()(liveSocket(socket, authority))
exactly<ClosableSocket>()(sockets[0] as ClosableSocket)
liveSocket(sockets[1], authority, { recheckEveryMs: 1_000, graceMs: 0, until: signal })

// @ts-expect-error undefined on an excluded path
liveSocket(sockets[0], maybe)
// @ts-expect-error the reason is the code
liveSocket(sockets[0], authority, { onEnd: () => 'bye' })
// @ts-expect-error not a socket
liveSocket(response, authority)
