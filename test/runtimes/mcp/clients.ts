// The official clients, old and new, behind one interface.

import * as v2 from '@modelcontextprotocol/client'
import {
  type ClientCredentialsProviderOptions,
  ClientCredentialsProvider as ProviderV1,
} from '@modelcontextprotocol/sdk/client/auth-extensions.js'
import { Client as ClientV1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as TransportV1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'

/** With a mandate to begin with, if one is given. */
export type Credentials = ClientCredentialsProviderOptions & {
  readonly expectedIssuer: string
  readonly first?: string
}

export interface McpClient {
  /** The text of the answer of a tool. */
  call(tool: string, onProgress?: () => void): Promise<string>
  tools(): Promise<readonly string[]>
  /** Waits for news of the tools, until it is told how that has ended. */
  listen(): Promise<{ readonly closed: Promise<string> }>
  readonly sessionId: string | undefined
  close(): Promise<void>
}

export interface ClientKind {
  readonly name: string
  /** Whether it asks for more scopes by itself when a tool needs them. */
  readonly stepsUp: boolean
  /** Whether it speaks the newer protocol with servers that do. */
  readonly isModern: boolean
  connect(url: string, credentials: Credentials): Promise<McpClient>
}

const INFO = { name: 'agent', version: '1.0.0' }

function textOf(result: object): string {
  const content: unknown = 'content' in result ? result.content : undefined
  const [first]: unknown[] = Array.isArray(content) ? content : []
  return first instanceof Object && 'text' in first ? String(first.text) : ''
}

const asBearer = (access_token: string) => ({ access_token, token_type: 'Bearer' })

async function connectV1(url: string, { first, ...credentials }: Credentials): Promise<McpClient> {
  const authProvider = new ProviderV1(credentials)
  if (first !== undefined) authProvider.saveTokens(asBearer(first))
  const transport = new TransportV1(new URL(url), { authProvider })
  const client = new ClientV1(INFO)
  // Its types do not know `exactOptionalPropertyTypes`.
  await client.connect(transport as Parameters<typeof client.connect>[0])
  return {
    call: async (name, onprogress) =>
      textOf(await client.callTool({ name }, undefined, onprogress && { onprogress })),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    listen: () => Promise.reject(new Error('This client cannot.')),
    get sessionId() {
      return transport.sessionId
    },
    close: () => client.close(),
  }
}

async function connectV2(
  mode: 'legacy' | 'auto',
  url: string,
  { first, ...credentials }: Credentials,
): Promise<McpClient> {
  const authProvider = new v2.ClientCredentialsProvider(credentials)
  if (first !== undefined) authProvider.saveTokens(asBearer(first))
  const transport = new v2.StreamableHTTPClientTransport(new URL(url), { authProvider })
  const client = new v2.Client(INFO, { versionNegotiation: { mode } })
  await client.connect(transport)
  return {
    call: async (name, onprogress) => textOf(await client.callTool({ name }, onprogress && { onprogress })),
    tools: async () => (await client.listTools()).tools.map(({ name }) => name),
    listen: () => client.listen({ toolsListChanged: true }),
    get sessionId() {
      return transport.sessionId
    },
    close: () => client.close(),
  }
}

export const CLIENTS: readonly ClientKind[] = [
  { name: 'v1', stepsUp: false, isModern: false, connect: connectV1 },
  {
    name: 'v2, old protocol',
    stepsUp: true,
    isModern: false,
    connect: (...given) => connectV2('legacy', ...given),
  },
  { name: 'v2', stepsUp: true, isModern: true, connect: (...given) => connectV2('auto', ...given) },
]
