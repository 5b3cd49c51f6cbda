// MCP servers of many makes, each as a function that says which tools a request made it run.

import { StreamableHTTPTransport } from '@hono/mcp'
import { McpServer as McpServerV1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { WebStandardStreamableHTTPServerTransport as TransportV1 } from '@modelcontextprotocol/sdk/server/webStandardStreamableHttp.js'
import { createMcpHandler, McpServer as McpServerV2 } from '@modelcontextprotocol/server'
import { Hono } from 'hono'
import { createMcpHandler as createRouteHandler } from 'mcp-handler'
import { parseAll, toolsRunBy } from '../core/support/mcp-readers.ts'

type Reader = Parameters<typeof toolsRunBy>[0]

export const TOOLS = ['safe', 'danger']

/** Runs what it takes the request for, and gives the tools that it ran. It never rejects. */
export type Server = (request: Request, parsedBody: unknown) => Promise<readonly string[]>

const INFO = { name: 'attacked', version: '1.0.0' }
const DONE = { content: [{ type: 'text' as const, text: 'done' }] }

/** A server with the tools, made for one request. */
function withTools<
  Made extends { registerTool(name: string, config: object, run: () => typeof DONE): unknown },
>(server: Made, ran: string[]): Made {
  for (const tool of TOOLS) {
    server.registerTool(tool, {}, () => {
      ran.push(tool)
      return DONE
    })
  }
  return server
}

/** A server that is made anew for each request, to keep apart what each has run. */
const madeFor =
  (serve: (request: Request, parsedBody: unknown, ran: string[]) => Promise<Response>): Server =>
  async (request, parsedBody) => {
    const ran: string[] = []
    const response = await serve(request, parsedBody, ran).catch(() => undefined)
    // To its end, by when everything has run.
    await response?.text().catch(() => undefined)
    return ran
  }

/** A member that is `undefined` is not one to every SDK. */
const given = (parsedBody: unknown) => (parsedBody === undefined ? {} : { parsedBody })

const asV1 = (server: McpServerV1, transport: unknown) =>
  // Its types do not know `exactOptionalPropertyTypes`.
  server.connect(transport as Parameters<typeof server.connect>[0])

const SDK_SERVERS: Readonly<Record<string, Server>> = {
  'SDK v2': madeFor((request, parsedBody, ran) =>
    createMcpHandler(() => withTools(new McpServerV2(INFO), ran)).fetch(request, given(parsedBody)),
  ),
  'SDK v1': madeFor(async (request, parsedBody, ran) => {
    const transport = new TransportV1({ enableJsonResponse: true })
    await asV1(withTools(new McpServerV1(INFO), ran), transport)
    return transport.handleRequest(request, given(parsedBody))
  }),
  '@hono/mcp': madeFor(async (request, parsedBody, ran) => {
    const transport = new StreamableHTTPTransport({ enableJsonResponse: true })
    await asV1(withTools(new McpServerV1(INFO), ran), transport)
    const app = new Hono().all(
      '*',
      async (context) => (await transport.handleRequest(context, parsedBody)) ?? context.body(null),
    )
    return app.fetch(request)
  }),
  'mcp-handler': madeFor((request, _parsedBody, ran) =>
    createRouteHandler((server) => void withTools(server, ran), { serverInfo: INFO })(request),
  ),
}

const same = (text: string) => text
const upToNul = (text: string) => text.split('\0', 1)[0] ?? ''
const lower = (text: string) => text.toLowerCase()

/** Parsers of other languages: which keys they take for one, which of two, and what becomes of a text. */
const READERS = {
  'first of two keys': { key: same, takes: 'first', text: same },
  'keys in any case': { key: lower, takes: 'last', text: same },
  'keys in any case, first of two': { key: lower, takes: 'first', text: same },
  'texts end at a NUL': { key: upToNul, takes: 'last', text: upToNul },
  'names trimmed, in any case': { key: same, takes: 'last', text: (text: string) => lower(text.trim()) },
} as const

function readerOf({ key, takes, text }: (typeof READERS)[keyof typeof READERS]): Reader {
  return { title: '', isSame: (one, other) => key(one) === other, takes, text }
}

/** What a lenient parser reads of a body: its first value, whatever comes before and after it. */
function firstValue(body: string): unknown {
  const text = body.replace(/^[^[{]*/, '').replace(/\/\*.*?\*\//gs, '')
  try {
    return parseAll(text)
  } catch {
    return undefined
  }
}

const FOREIGN: Readonly<Record<string, Server>> = {
  ...Object.fromEntries(
    Object.entries(READERS).map(([title, reader]): [string, Server] => [
      title,
      async (request) => {
        const text = await request.text()
        return toolsRunBy(readerOf(reader), firstValue(text), TOOLS)
      },
    ]),
  ),
  'every value in a body': async (request) => {
    const text = await request.text()
    return text
      .split(/(?<=\})\s*(?=\{)/)
      .flatMap((one) => toolsRunBy(readerOf(READERS['first of two keys']), firstValue(one), TOOLS))
  },
  'any text in a charset': async (request) => {
    const [, charset = 'utf-8'] = /charset="?([\w-]+)/i.exec(request.headers.get('content-type') ?? '') ?? []
    const text = new TextDecoder(charset).decode(await request.arrayBuffer())
    return toolsRunBy(readerOf(READERS['first of two keys']), firstValue(text), TOOLS)
  },
  'headers alone': async ({ headers }) => {
    const name = headers.get('mcp-name') ?? ''
    const [, encoded] = /^=\?base64\?(.*)\?=$/.exec(name) ?? []
    const tool = encoded === undefined ? name : atob(encoded)
    return headers.get('mcp-method') === 'tools/call' ? TOOLS.filter((one) => one === tool) : []
  },
  decompressing: async (request) => {
    const encoding = request.headers.get('content-encoding')
    const body =
      encoding === 'gzip' ? request.body?.pipeThrough(new DecompressionStream('gzip')) : request.body
    const text = await new Response(body ?? null).text()
    return toolsRunBy(readerOf(READERS['first of two keys']), firstValue(text), TOOLS)
  },
}

export const SERVERS: Readonly<Record<string, Server>> = { ...SDK_SERVERS, ...FOREIGN }
