// Where the store of a case is served with Upstash's REST protocol, with every fault: what an HTTP server would answer.

import { base64, utf8 } from './bytes.ts'
import { type CommandResult, keysOf, type RedisMap, type Reply, runCommand } from './redis-map.ts'
import { type Exchange, faultyAnswer, type WireAnswer } from './upstash-faults.ts'

export interface UpstashScript {
  readonly map: RedisMap
  readonly fault: string | undefined
  /** The server sends values unencoded, whatever encoding was requested. */
  readonly unencoded: boolean
}

/** The lookups of the guard. */
export interface StoreTally {
  requests: number
  readonly keys: string[]
}

/** Rejects where the connection is to be reset, and is never settled where nothing is to be answered. */
export async function serveUpstash(
  { map, fault, unencoded }: UpstashScript,
  tally: StoreTally,
  request: Request,
): Promise<Response> {
  tally.requests++
  const { pathname } = new URL(request.url)
  // The target of the redirect always answers that nothing is revoked.
  if (pathname === '/elsewhere') return json('{"result":null}')
  const exchange = exchangeOf(pathname, JSON.parse((await request.text()) || '[]'), map)
  if (exchange === undefined) return json('{"error":"ERR empty command"}', 400)
  tally.keys.push(...exchange.commands.flatMap(keysOf))
  const isEncoded = request.headers.get('upstash-encoding') === 'base64' && !unencoded
  const encoded = isEncoded ? { ...exchange, results: exchange.results.map(encodeItem) } : exchange
  return sent(fault === undefined ? rightAnswer(encoded) : faultyAnswer(fault, encoded))
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
  if (typeof reply === 'string') return reply === 'OK' ? reply : base64(utf8(reply))
  return typeof reply === 'object' && reply !== null ? reply.map(encodeReply) : reply
}

function sent(answer: WireAnswer): Response | Promise<Response> {
  switch (answer.kind) {
    case 'reset':
      return Promise.reject(new TypeError('The connection was reset'))
    case 'hang':
      return new Promise(() => {})
    case 'stall': {
      const half = utf8(answer.body.slice(0, answer.body.length / 2))
      const body = new ReadableStream({ start: (controller) => controller.enqueue(half) })
      const headers = {
        'content-type': 'application/json',
        'content-length': String(utf8(answer.body).length),
      }
      return new Response(body, { headers })
    }
    case 'redirect':
      return new Response(null, { status: answer.status, headers: { location: '/elsewhere' } })
    case 'answer':
      return json(answer.body, answer.status, answer.type)
  }
}

function json(body: string, status = 200, type = 'application/json'): Response {
  return new Response(body, { status, headers: { 'content-type': type } })
}
