// @ts-check
// Real MCP servers behind the guard, each below a name of its own. The same program in every runtime.

import { StreamableHTTPTransport } from '@hono/mcp'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport as TransportV1 } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import {
  createMcpHandler,
  McpServer as McpServerV2,
  WebStandardStreamableHTTPServerTransport as TransportV2,
} from '@modelcontextprotocol/server'
import { InMemoryRevocationStore } from 'caracal-edge'
import { guardMcp } from 'caracal-edge/mcp'
import { Hono } from 'hono'
import { createMcpHandler as createRouteHandler } from 'mcp-handler'

const RULES = /** @type {const} */ ({
  requiredScopes: ['read'],
  tools: {
    whoami: {},
    pay: { requiredScopes: ['pay', 'audit'] },
    delegated: { requireDelegation: true },
    near: { maxHopCount: 1 },
    wait: {},
  },
  methods: { 'subscriptions/listen': {} },
})

/** The server has one more, which nobody told the guard of. */
const TOOLS = ['whoami', 'pay', 'delegated', 'near', 'unlisted']

const INFO = { name: 'billing', version: '1.0.0' }

/** @type {string[]} */
const ran = []
const revocations = new InMemoryRevocationStore()

/** @param {import('caracal-edge/mcp').McpAuthInfo | undefined} authInfo @param {string} tool */
function answer(authInfo, tool) {
  ran.push(tool)
  const { sub } = authInfo?.extra.caracal ?? {}
  return { content: [{ type: /** @type {const} */ ('text'), text: `${tool} for ${sub}` }] }
}

/**
 * A tool that says that it has begun, and answers when it is stopped.
 *
 * @param {AbortSignal} signal
 * @param {(notification: any) => Promise<void>} notify
 * @param {string | number | undefined} progressToken
 */
async function wait(signal, notify, progressToken) {
  await notify({ method: 'notifications/progress', params: { progressToken, progress: 1 } })
  // Not for ever: workerd ends a request that waits for nothing.
  const end = Date.now() + 20_000
  while (!signal.aborted && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 20))
  return { content: [{ type: /** @type {const} */ ('text'), text: 'waited' }] }
}

const serverV1 = () => {
  const server = new McpServerV1(INFO)
  const infoOf = (/** @type {any} */ extra) => extra.authInfo
  for (const tool of TOOLS) server.registerTool(tool, {}, (extra) => answer(infoOf(extra), tool))
  server.registerTool('wait', {}, ({ signal, sendNotification, _meta }) =>
    wait(signal, sendNotification, _meta?.progressToken),
  )
  return server
}

/** @param {McpServerV2} server */
function registerV2(server) {
  const infoOf = (/** @type {any} */ context) => context.http?.authInfo
  for (const tool of TOOLS) server.registerTool(tool, {}, (context) => answer(infoOf(context), tool))
  server.registerTool('wait', {}, ({ mcpReq }) =>
    wait(mcpReq.signal, mcpReq.notify, mcpReq._meta?.progressToken),
  )
}

export const serverV2 = () => {
  const server = new McpServerV2(INFO)
  registerV2(server)
  return server
}

/** @typedef {import('caracal-edge/mcp').McpCall} McpCall */
/** @typedef {(request: Request, mcp: any) => Promise<Response>} Serve */

/**
 * A transport for each session, found by its id alone.
 *
 * @param {(keep: (id: string) => void) => Promise<Serve>} open
 * @returns {Serve}
 */
function withSessions(open) {
  /** @type {Map<string, Serve>} */
  const sessions = new Map()
  return async (request, mcp) => {
    const id = request.headers.get('mcp-session-id')
    if (id !== null) return sessions.get(id)?.(request, mcp) ?? new Response(null, { status: 404 })
    /** @type {string | undefined} */
    let issued
    const serve = await open((newId) => {
      issued = newId
    })
    const response = await serve(request, mcp)
    if (issued !== undefined) sessions.set(issued, serve)
    return response
  }
}

const routeHandler = createRouteHandler(registerV2, { serverInfo: INFO })

const sessionIdGenerator = () => crypto.randomUUID()

/** @type {Record<string, Serve>} */
export const SERVERS = {
  v2: createMcpHandler(serverV2).fetch,
  'mcp-handler': (request, { authInfo }) =>
    routeHandler(Object.defineProperty(request, 'auth', { value: authInfo })),
  'v2-sessions': withSessions(async (onsessioninitialized) => {
    const transport = new TransportV2({ sessionIdGenerator, onsessioninitialized })
    await serverV2().connect(transport)
    return (request, mcp) => transport.handleRequest(request, mcp)
  }),
  'v1-sessions': withSessions(async (onsessioninitialized) => {
    const transport = new TransportV1({ sessionIdGenerator, onsessioninitialized })
    await serverV1().connect(transport)
    return (request, mcp) => transport.handleRequest(request, mcp)
  }),
  hono: withSessions(async (onsessioninitialized) => {
    const transport = new StreamableHTTPTransport({ sessionIdGenerator, onsessioninitialized })
    await serverV1().connect(transport)
    return async (request, { authInfo, parsedBody }) => {
      const app = new Hono().all('*', async (context) => {
        context.set(/** @type {never} */ ('auth'), /** @type {never} */ (authInfo))
        return (await transport.handleRequest(context, parsedBody)) ?? context.body(null)
      })
      return app.fetch(request)
    }
  }),
}

/** @param {string} place what comes before the name of each */
function guardedAt(place) {
  const guarded = Object.entries(SERVERS).map(([name, serve]) => {
    const resource = `${place}/${name}`
    const options = { ...RULES, resource, revocations, live: { recheckEveryMs: 100 } }
    return /** @type {const} */ ([name, guardMcp((request, { mcp }) => serve(request, mcp), options)])
  })
  return new Map(guarded)
}

/** @param {string} prefix what the paths of all servers begin with */
export function fetchBelow(prefix) {
  /** @type {ReturnType<typeof guardedAt> | undefined} */
  let guarded
  /** @param {Request} request */
  return async (request) => {
    const { pathname, searchParams } = new URL(request.url)
    if (pathname === `${prefix}/ran`) return Response.json(ran.splice(0))
    if (pathname === `${prefix}/revoke`) {
      await revocations.markRevoked(searchParams.get('sid') ?? '')
      return new Response()
    }
    // Nobody but a test may believe the Host of a request. In the URL, Next.js has a name of its own.
    guarded ??= guardedAt(`http://${request.headers.get('host')}${prefix}`)
    const [name = ''] = pathname.split('/').slice(-1)
    return guarded.get(name)?.(request) ?? new Response(null, { status: 404 })
  }
}

export const fetch = fetchBelow('')
