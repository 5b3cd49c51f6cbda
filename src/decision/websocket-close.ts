// Denial → a WebSocket that is open for a moment: the only refusal whose reason a WebSocket client gets to see.

import { MAX_SUBPROTOCOL_LENGTH } from '../lib/limits.ts'
import { bare, classMember } from '../lib/own-member.ts'
import type { DenialCode } from './decision.ts'

/** RFC 6455 §7.4.1: "violates its policy". */
export const POLICY_VIOLATION = 1008

/** What runtimes offer. Elsewhere a refused upgrade gets the answer that any request gets. */
interface Runtime {
  /** Workers. */
  readonly WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: WebSocket & { accept(): void } }
  readonly Deno: {
    upgradeWebSocket(
      request: Request,
      options: { readonly protocol?: string },
    ): { readonly socket: WebSocket; readonly response: Response }
  }
}

/** Globals may come from a prototype, as Workers' do, but not from everybody's. */
function runtime<Name extends keyof Runtime>(name: Name): Runtime[Name] | undefined {
  return classMember(globalThis, name) as Runtime[Name] | undefined
}

/** Whether a request asks for a WebSocket (RFC 6455 §4.1). */
export function asksForWebSocket(request: Request): boolean {
  return request.method === 'GET' && request.headers.get('upgrade')?.toLowerCase() === 'websocket'
}

/** The 101 of a WebSocket that is closed as soon as it is open, or `undefined` where that cannot be had. */
export function closedWebSocket(request: Request, code: DenialCode): Response | undefined {
  const [WebSocketPair, Deno] = [runtime('WebSocketPair'), runtime('Deno')]
  const protocol = subprotocolFor(request)
  if (protocol === NONE_FITS) return undefined
  try {
    if (WebSocketPair !== undefined) {
      const { 0: client, 1: server } = new WebSocketPair()
      server.accept()
      server.close(POLICY_VIOLATION, code)
      const headers: HeadersInit = protocol === undefined ? {} : { [SUBPROTOCOL]: protocol }
      const init: ResponseInit & { readonly webSocket: WebSocket } = {
        status: 101,
        headers,
        webSocket: client,
      }
      return new Response(null, bare(init))
    }
    if (Deno !== undefined) {
      const { socket, response } = Deno.upgradeWebSocket(
        request,
        bare(protocol === undefined ? {} : { protocol }),
      )
      // Before it is open, closing it would not reach the client.
      socket.onopen = () => socket.close(POLICY_VIOLATION, code)
      return response
    }
  } catch {
    // The runtime takes the request for no handshake. It is still refused, in plain HTTP.
  }
  return undefined
}

export const SUBPROTOCOL = 'Sec-WebSocket-Protocol'

/** The client offers subprotocols, and none of them may be sent back. */
export const NONE_FITS = Symbol('none fits')

/**
 * The subprotocol to accept: a client that offers some fails the handshake unless it gets one of them, and would not
 * see the reason. Taken is the first that is short: a mandate, or another long credential, is not sent back.
 */
export function subprotocolFor(request: Request): string | undefined | typeof NONE_FITS {
  const offered = request.headers.get(SUBPROTOCOL)
  if (offered === null) return undefined
  const protocols = offered.split(',').map((protocol) => protocol.trim())
  return protocols.find((one) => one.length <= MAX_SUBPROTOCOL_LENGTH && TOKEN.test(one)) ?? NONE_FITS
}

/** A token in the sense of RFC 9110 §5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/
