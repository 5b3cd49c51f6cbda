// An MCP server behind its guard, which says what it was given, and the requests of its clients.

import { guardMcp, type McpCall, type McpOptions } from 'caracal-edge/mcp'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'

export const RESOURCE = 'https://billing.example/mcp'

export const issuer = createTestIssuer()

/** Mandates are minted once for each form. */
const minted = new Map<string, Promise<string>>()

export function mandate(departures: MandateDepartures = {}): Promise<string> {
  const key = JSON.stringify(departures, (_, value: unknown) => (value === undefined ? 'none' : value))
  const token = minted.get(key) ?? issuer.mint(departures)
  minted.set(key, token)
  return token
}

/** What reached the server. */
export interface Served {
  readonly request: Request
  readonly text: string
  readonly mcp: McpCall
}

export interface GuardedServer {
  readonly fetch: (request: Request) => Promise<Response>
  readonly served: readonly Served[]
}

export function serverWith(
  options: Partial<McpOptions> = {},
  answer: (served: Served) => Response = () => Response.json({ served: true }),
): GuardedServer {
  const served: Served[] = []
  const fetch = guardMcp(
    async (request, { mcp }) => {
      if (mcp === undefined) throw new Error('No path is excluded.')
      const one = { request, mcp, text: await request.text() }
      served.push(one)
      return answer(one)
    },
    { ...issuer.options, resource: RESOURCE, ...options },
  )
  return { fetch, served }
}

export interface PostOptions {
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly url?: string
}

/** @param body text as it is, or a message */
export async function post(body: BodyInit | object, options: PostOptions = {}): Promise<Request> {
  const token = options.token ?? (await mandate())
  const headers = new Headers({ 'content-type': 'application/json', ...options.headers })
  if (token !== '') headers.set('authorization', `Bearer ${token}`)
  const isPlain = typeof body === 'object' && Reflect.getPrototypeOf(body) === Object.prototype
  const init = { method: 'POST', headers, body: isPlain || Array.isArray(body) ? JSON.stringify(body) : body }
  // Node wants to be told of a stream.
  return new Request(options.url ?? RESOURCE, { ...init, duplex: 'half' } as RequestInit)
}

export const call = (name: unknown, more: object = {}) => ({
  ...{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: {} } },
  ...more,
})

export const message = (method: string, params?: object) => ({
  ...{ jsonrpc: '2.0', id: 1, method },
  ...(params !== undefined && { params }),
})

export interface JsonRpcError {
  readonly jsonrpc: unknown
  readonly id: unknown
  readonly error: {
    readonly code: unknown
    readonly message: unknown
    readonly data: { readonly error: unknown; readonly scope?: unknown }
  }
}

export async function errorIn(response: Response): Promise<JsonRpcError> {
  return (await response.json()) as JsonRpcError
}
