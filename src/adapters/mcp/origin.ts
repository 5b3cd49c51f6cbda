// Browsers: which origins may call, the answer to a preflight, and the headers without which a page cannot read an answer.

import { bare } from '../../lib/own-member.ts'

/** A page of an origin that may call. */
interface Page {
  readonly origin: string
}

/** The page that sent a request; `undefined` outside of browsers. */
export function pageOf(
  { headers }: Request,
  allowedOrigins: ReadonlySet<string>,
): Page | 'refused' | undefined {
  const origin = headers.get('origin')
  if (origin === null) return undefined
  return allowedOrigins.has(origin) ? { origin } : 'refused'
}

/** A browser asks before it sends a header such as `Authorization`, and does not send it then. */
export function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.get('access-control-request-method') !== null
}

const CLIENT_HEADERS = [
  ...['accept', 'content-type', 'last-event-id', 'traceparent', 'tracestate'],
  ...['mcp-method', 'mcp-name', 'mcp-protocol-version', 'mcp-session-id'],
]

/** MCP repeats some params in headers that are named after them. */
const MCP_PARAM = /^mcp-param-[a-z\d-]{1,64}$/

const MAX_ASKED_HEADERS = 32

/** @param credentialHeader the header that holds the mandate */
export function preflightAnswer({ headers }: Request, page: Page, credentialHeader: string): Response {
  const asked = (headers.get('access-control-request-headers') ?? '')
    .toLowerCase()
    .split(',', MAX_ASKED_HEADERS)
  const params = asked.map((name) => name.trim()).filter((name) => MCP_PARAM.test(name))
  const answer = {
    'Access-Control-Allow-Methods': 'GET, POST, DELETE',
    'Access-Control-Allow-Headers': [credentialHeader, ...CLIENT_HEADERS, ...params].join(', '),
    'Access-Control-Max-Age': '600',
  }
  return forPage(new Response(null, bare({ status: 204, headers: answer })), page)
}

const READABLE = 'Mcp-Session-Id, Mcp-Protocol-Version, WWW-Authenticate, Retry-After'

/** The response with the headers that let a page read it, unless the handler has set its own. */
export function forPage(response: Response, page: Page | undefined): Response {
  if (page === undefined) return response
  // A WebSocket, which cannot be copied and needs none of this.
  if (response.status === 101 || response.headers.has('access-control-allow-origin')) return response
  // A copy, because the headers of a response from `fetch` cannot be changed.
  const copy = new Response(response.body, response)
  copy.headers.set('Access-Control-Allow-Origin', page.origin)
  copy.headers.set('Access-Control-Expose-Headers', READABLE)
  copy.headers.append('Vary', 'Origin')
  return copy
}
