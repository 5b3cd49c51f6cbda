// Closes refused WebSockets on Bun. All sockets share one set of handlers, which must not pass these to the app.

import type { DenialCode } from '../decision/decision.ts'
import type { CloseByServer } from '../decision/refusal.ts'
import { POLICY_VIOLATION, SUBPROTOCOL } from '../decision/websocket-close.ts'
import { bare, classMember, isObject } from '../lib/own-member.ts'

/** The part of Bun's `Server` that is used. */
interface BunServer {
  upgrade(request: Request, options: { readonly data: RefusedSocket; readonly headers: HeadersInit }): boolean
}

/** The part of Bun's `ServerWebSocket` that is used. */
interface BunSocket {
  readonly data: unknown
  close(code: number, reason: string): void
}

/** Marks a refused socket. Only this file can create one. */
class RefusedSocket {
  readonly code: DenialCode
  constructor(code: DenialCode) {
    this.code = code
  }
}

interface RefusableSockets {
  /** To be used instead of the app's own handlers. */
  readonly handlers: object
  /** @param server Bun's, which must have been given these handlers. With others, the app would get the socket. */
  closeBy(server: unknown): CloseByServer | undefined
}

const EVENTS = ['open', 'message', 'drain', 'close', 'error', 'ping', 'pong'] as const

/** For an app with a `websocket` member, in which Bun looks for the handlers. */
export function refusableSockets(app: object): RefusableSockets | undefined {
  const given = classMember(app, 'websocket')
  if (!isObject(given)) return undefined
  const handlers: { [event: string]: unknown } = { ...given }
  for (const event of EVENTS) {
    const handler = classMember(given, event)
    if (typeof handler !== 'function' && event !== 'open') continue
    handlers[event] = (socket: BunSocket, ...details: unknown[]): unknown => {
      const { data } = socket
      if (!(data instanceof RefusedSocket)) {
        return typeof handler === 'function' && Reflect.apply(handler, given, [socket, ...details])
      }
      return event === 'open' ? socket.close(POLICY_VIOLATION, data.code) : undefined
    }
  }
  return { handlers: Object.freeze(handlers), closeBy }
}

function closeBy(server: unknown): CloseByServer | undefined {
  if (!isServer(server)) return undefined
  return ({ request, code, protocol }) => {
    const data = new RefusedSocket(code)
    const headers = protocol === undefined ? {} : { [SUBPROTOCOL]: protocol }
    try {
      return server.upgrade(request, bare({ data, headers }))
    } catch {
      return false // The request does not belong to this server: it may be a copy.
    }
  }
}

function isServer(server: unknown): server is BunServer {
  return typeof classMember(server, 'upgrade') === 'function'
}
