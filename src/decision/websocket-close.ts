// Refuses a WebSocket by accepting and closing it: a WebSocket client can see a close reason, but no HTTP status.

import { HTTP_TOKEN } from '../lib/http-token.ts'
import { MAX_SUBPROTOCOL_LENGTH, MAX_SUBPROTOCOLS_LENGTH } from '../lib/limits.ts'
import { bare, classMember } from '../lib/own-member.ts'
import type { DenialCode } from './decision.ts'

/** RFC 6455 §7.4.1: the close code for "violates its policy". */
export const POLICY_VIOLATION = 1008

export const SUBPROTOCOL = 'Sec-WebSocket-Protocol'

/** A WebSocket to accept and close. */
export interface Closing {
  readonly request: Request
  /** The reason to close it with. */
  readonly code: DenialCode
  /** The subprotocol to accept, if the client offers any. */
  readonly protocol: string | undefined
}

/** `undefined` unless the request asks for a WebSocket (RFC 6455 §4.1) whose client would see the reason. */
export function closingFor(request: Request, code: DenialCode): Closing | undefined {
  const offered = offeredIn(request)
  if (offered === undefined) return undefined
  if (offered === null) return { request, code, protocol: undefined }
  if (offered.length > MAX_SUBPROTOCOLS_LENGTH) return undefined
  // A client that offers subprotocols fails the handshake, without seeing the reason, unless it gets one of them.
  // A long one may be a mandate or another credential, which is not sent back.
  const protocols = offered.split(',').map((protocol) => protocol.trim())
  const protocol = protocols.find((one) => one.length <= MAX_SUBPROTOCOL_LENGTH && HTTP_TOKEN.test(one))
  return protocol === undefined ? undefined : { request, code, protocol }
}

/** Whether a refusal of this request may close a WebSocket, so that its status is not sent. */
export function asksForWebSocket(request: Request): boolean {
  return offeredIn(request) !== undefined
}

/** The subprotocols that are offered, `null` for none; `undefined` unless the request asks for a WebSocket. */
function offeredIn(request: Request): string | null | undefined {
  try {
    const { method, headers } = request
    const isUpgrade = method === 'GET' && headers.get('upgrade')?.toLowerCase() === 'websocket'
    return isUpgrade ? headers.get(SUBPROTOCOL) : undefined
  } catch {
    return undefined // On Deno, a request that was answered meanwhile, by a timeout of the app, cannot be read.
  }
}

/** The globals that accept a WebSocket. A runtime without any answers a refused upgrade in plain HTTP. */
interface WebSocketGlobals {
  /** Workers. */
  readonly WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: WebSocket & { accept(): void } }
  readonly Deno: {
    upgradeWebSocket(
      request: Request,
      options: { readonly protocol?: string },
    ): { readonly socket: WebSocket; readonly response: Response }
  }
}

/** Globals may be inherited from a class, as in Workers, but not from `Object.prototype`. */
function globalOf<Name extends keyof WebSocketGlobals>(name: Name): WebSocketGlobals[Name] | undefined {
  return classMember(globalThis, name) as WebSocketGlobals[Name] | undefined
}

/** Whether a response holds its WebSocket, as on Workers: then one that is not returned has no effect. */
export function hasSocketsInResponses(): boolean {
  return globalOf('WebSocketPair') !== undefined
}

/** The 101 response of a WebSocket that is closed as soon as it is open, or `undefined` where there is none. */
export function closedWebSocket({ request, code, protocol }: Closing): Response | undefined {
  const [WebSocketPair, Deno] = [globalOf('WebSocketPair'), globalOf('Deno')]
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
      // Closed before it is open, the close would not reach the client.
      socket.onopen = () => socket.close(POLICY_VIOLATION, code)
      return response
    }
  } catch {
    // The runtime does not accept the request as a handshake. It is still refused, in plain HTTP.
  }
  return undefined
}
