// Denial → the answer to the request: a WebSocket that is closed with the code, or an HTTP response.

import type { Denial } from './decision.ts'
import { denialResponse } from './denial-response.ts'
import { type Closing, closedWebSocket, closingFor, hasSocketsInResponses } from './websocket-close.ts'

/** How a WebSocket upgrade is refused. */
export type WebSocketDenial = 'close' | 'http'

/** Lets the server itself accept and close a WebSocket. Returns whether it did: then nothing is left to answer. */
export type CloseByServer = (closing: Closing) => boolean

/**
 * The answer to a refused request.
 * @param closeByServer for Bun, used only with `websocketDenial: 'close'`
 * @returns `undefined` when `closeByServer` has answered
 */
export function refusal(request: Request, denial: Denial, websocketDenial?: WebSocketDenial): Response
export function refusal(
  request: Request,
  denial: Denial,
  websocketDenial: WebSocketDenial | undefined,
  closeByServer: CloseByServer | undefined,
): Response | undefined
export function refusal(
  request: Request,
  denial: Denial,
  websocketDenial?: WebSocketDenial,
  closeByServer?: CloseByServer,
): Response | undefined {
  const closing = closingOf(request, denial, websocketDenial)
  if (closing === undefined) return denialResponse(denial)
  if (websocketDenial === 'close' && closeByServer?.(closing)) return undefined
  return closedWebSocket(closing) ?? denialResponse(denial)
}

/**
 * Elsewhere than on Workers, closing has a price that only the service can judge: Deno's server ends where a socket is
 * accepted and another response is returned, and Bun's passes every socket to the handlers of the app.
 */
function defaultDenial(): WebSocketDenial {
  return hasSocketsInResponses() ? 'close' : 'http'
}

/** The WebSocket to close, or `undefined` for an answer in plain HTTP. */
export function closingOf(
  request: Request,
  denial: Denial,
  websocketDenial: WebSocketDenial | undefined,
): Closing | undefined {
  // A guard that is misconfigured (500) always answers in plain HTTP, where the operator sees the status.
  const closes = denial.status !== 500 && (websocketDenial ?? defaultDenial()) === 'close'
  return closes ? closingFor(request, denial.code) : undefined
}
