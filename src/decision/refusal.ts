// Denial → the answer to the request: a WebSocket that is closed with the code, or an HTTP response.

import type { Denial } from './decision.ts'
import { denialResponse } from './denial-response.ts'
import { type Closing, closedWebSocket, closingFor } from './websocket-close.ts'

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

/** The WebSocket to close, or `undefined` for an answer in plain HTTP. */
export function closingOf(
  request: Request,
  denial: Denial,
  websocketDenial: WebSocketDenial | undefined,
): Closing | undefined {
  // A guard that is misconfigured (500) always answers in plain HTTP, where the operator sees the status.
  const closes = websocketDenial !== 'http' && denial.status !== 500
  return closes ? closingFor(request, denial.code) : undefined
}
