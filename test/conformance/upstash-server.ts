// A real HTTP server with Upstash's REST protocol for the stores of all cases, with every fault.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from '../../lab/loopback.mjs'
import { type CommandResult, keysOf, type RedisMap, type Reply, runCommand } from './redis-map.ts'
import { type Exchange, faultyAnswer, type WireAnswer } from './upstash-faults.ts'

export interface StoreScript {
  readonly map: RedisMap
  readonly fault?: string
  /** The server sends values unencoded, whatever encoding was requested. */
  readonly unencoded: boolean
}

/** The requests of the guard. */
export interface StoreTally {
  requests: number
  readonly keys: string[]
}

export interface UpstashServer {
  /** The same for all: the token says which store is meant. */
  readonly url: string
  open(token: string, script: StoreScript): StoreTally
  close(): Promise<void>
}

interface OpenStore {
  readonly script: StoreScript
  readonly tally: StoreTally
}

export async function startUpstashServer(): Promise<UpstashServer> {
  const stores = new Map<string, OpenStore>()
  const server = createServer((request, response) => {
    serve(stores, request, response).catch(() => request.socket.destroy())
  })
  const running = await listen(server)
  return {
    url: running.url,
    open(token, script) {
      const tally = { requests: 0, keys: [] }
      stores.set(token, { script, tally })
      return tally
    },
    close: running.close,
  }
}

async function serve(
  stores: ReadonlyMap<string, OpenStore>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const store = stores.get((request.headers.authorization ?? '').replace(/^Bearer /, ''))
  if (store === undefined) return send(response, 401, '{"error":"WRONGPASS invalid or missing auth token"}')
  store.tally.requests++
  const { pathname } = new URL(request.url ?? '/', 'http://loopback')
  // The target of the redirect always answers that nothing is revoked.
  if (pathname === '/elsewhere') return send(response, 200, '{"result":null}')
  const exchange = exchangeOf(pathname, await bodyOf(request), store.script.map)
  if (exchange === undefined) return send(response, 400, '{"error":"ERR empty command"}')
  store.tally.keys.push(...exchange.commands.flatMap(keysOf))
  const base64 = request.headers['upstash-encoding'] === 'base64' && !store.script.unencoded
  const { fault } = store.script
  const encoded = base64 ? { ...exchange, results: exchange.results.map(encodeItem) } : exchange
  reply(fault === undefined ? rightAnswer(encoded) : faultyAnswer(fault, encoded), request, response)
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return JSON.parse(Buffer.concat(chunks).toString() || '[]')
}

/** Runs the commands of a request; undefined if it has none. */
function exchangeOf(pathname: string, body: unknown, map: RedisMap): Exchange | undefined {
  if (!Array.isArray(body)) return undefined
  const many = pathname === '/pipeline' || pathname === '/multi-exec'
  const inPath = many || pathname === '/' ? [] : pathname.slice(1).split('/').map(decodeURIComponent)
  const commands: readonly (readonly unknown[])[] = many ? body : [[...inPath, ...body]]
  const none = (command: unknown) => !Array.isArray(command) || command.length === 0
  if (commands.length === 0 || commands.some(none)) return undefined
  return { commands, results: commands.map((command) => runCommand(map, command)), many }
}

function rightAnswer({ results, many }: Exchange): WireAnswer {
  const [first] = results
  if (many) return { kind: 'answer', status: 200, body: JSON.stringify(results) }
  const failed = first === undefined || 'error' in first
  return { kind: 'answer', status: failed ? 400 : 200, body: JSON.stringify(first) }
}

/** In base64, every string is encoded but `OK`. */
function encodeItem(item: CommandResult): CommandResult {
  return 'result' in item ? { result: encodeReply(item.result) } : item
}

function encodeReply(reply: Reply): Reply {
  if (typeof reply === 'string') return reply === 'OK' ? reply : Buffer.from(reply).toString('base64')
  return typeof reply === 'object' && reply !== null ? reply.map(encodeReply) : reply
}

function reply(answer: WireAnswer, request: IncomingMessage, response: ServerResponse): void {
  switch (answer.kind) {
    case 'reset':
      request.socket.destroy()
      return
    case 'hang':
      return
    case 'stall':
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(answer.body),
      })
      response.write(answer.body.slice(0, answer.body.length / 2))
      return
    case 'redirect':
      response.writeHead(answer.status, { location: '/elsewhere' })
      response.end()
      return
    case 'answer':
      send(response, answer.status, answer.body, answer.type)
  }
}

function send(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type })
  response.end(body)
}
