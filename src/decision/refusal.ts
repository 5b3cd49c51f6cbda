// Which of the two answers a refused request gets: a closed WebSocket, or HTTP.

import type { Denial } from './decision.ts'
import { denialResponse } from './denial-response.ts'
import { asksForWebSocket, closedWebSocket } from './websocket-close.ts'

/** How a WebSocket upgrade is refused. */
export type WebSocketDenial = 'close' | 'http'

/** Whether a WebSocket is to be opened and closed. A guard that is set up wrongly (500) never does. */
export function refusesByClosing(
  request: Request,
  denial: Denial,
  websocketDenial: WebSocketDenial | undefined,
): boolean {
  return websocketDenial !== 'http' && denial.status !== 500 && asksForWebSocket(request)
}

export function refusal(request: Request, denial: Denial, websocketDenial?: WebSocketDenial): Response {
  const closed = refusesByClosing(request, denial, websocketDenial)
    ? closedWebSocket(request, denial.code)
    : undefined
  return closed ?? denialResponse(denial)
}
