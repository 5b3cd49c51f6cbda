// The server of `dev`: an issuer, what the platform does beside it, and Upstash's REST protocol, on one loopback port.

import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { listen } from '../../lab/loopback.mjs'
import { answerTo, commandsIn } from '../../lab/upstash-protocol.mjs'
import { DEV_NAME } from '../dev-client.ts'
import { Failure } from '../failures.ts'
import { VERSION } from '../version.ts'
import { explainAt } from './explain.ts'
import { pageAt } from './page.ts'
import type { DevRedis } from './redis.ts'
import { bodyText, checkOrigin, jsonBody, Refused } from './requests.ts'
import type { Zones } from './zones.ts'

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** Each has an answer, also where it is refused. */
const MAX_COMMANDS = 10_000

interface Parts {
  readonly zones: Zones
  readonly redis: DevRedis
  readonly token: string
  readonly description: { readonly zones: readonly string[]; readonly audience: string }
}

/** Listens on the port of 127.0.0.1. It refuses everything until it is told what to serve. */
export async function listenOn(usual: number) {
  let parts: Parts | undefined
  const server = createServer((request, response) => {
    answerOf(request, port, parts)
      .catch((error: unknown) => {
        if (error instanceof Refused) return { status: error.status, body: { error: error.message } }
        return { status: 500, body: { error: 'caracal-edge dev failed: is its Redis still there?' } }
      })
      .then((answer) => send(response, answer))
      .catch(() => response.destroy())
  })
  const { port, url, close } = await listen(server, usual).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(portProblem(usual, error.code))
  })
  const serve = (given: Parts) => {
    parts = given
  }
  return { port, url, serve, close }
}

function portProblem(port: number, code: string | undefined): string {
  const advice = 'choose another with --port, or --port 0 for any that is free'
  if (code === 'EADDRINUSE') return `port ${port} is taken by another program: end that one, or ${advice}`
  return `port ${port} cannot be used (${code ?? 'unknown'}): ${advice}`
}

async function answerOf(
  request: IncomingMessage,
  port: number,
  parts: Parts | undefined,
): Promise<Answer | Response> {
  checkOrigin(request, port)
  if (parts === undefined) throw new Refused(503, 'dev is starting: try again in a moment')
  const base = `http://127.0.0.1:${port}`
  if (!URL.canParse(request.url ?? '/', base)) throw new Refused(400, 'the URL cannot be read')
  const url = new URL(request.url ?? '/', base)
  const { zones, redis, description } = parts
  if (/^\/redis(\/|$)/.test(url.pathname)) return redisAnswer(request, url, parts)
  const page = pageAt(url.pathname)
  if (page !== undefined) {
    onlyGet(request)
    return page
  }
  switch (url.pathname) {
    case '/.well-known/jwks.json':
      onlyGet(request)
      return zones.keySet(url)
    case '/dev':
      onlyGet(request)
      return ok({ name: DEV_NAME, version: VERSION, ...description, redis: redis.kind })
    case '/dev/mint':
      return ok(await zones.mint(await jsonBody(request)))
    case '/dev/explain':
      return ok(await explainAt(zones, await jsonBody(request)))
    case '/dev/revoke':
      return ok(await zones.revoke(await jsonBody(request)))
    case '/dev/epoch':
      return ok(await zones.raise(await jsonBody(request)))
    case '/dev/rotate':
      return ok(await zones.rotate(await jsonBody(request)))
    default:
      throw new Refused(404, 'there is nothing here: see the page at /')
  }
}

const ok = (body: unknown): Answer => ({ status: 200, body })

function onlyGet({ method }: IncomingMessage): void {
  if (method !== 'GET') throw new Refused(405, 'use GET')
}

async function redisAnswer(request: IncomingMessage, url: URL, { redis, token }: Parts): Promise<Answer> {
  if (!isSame(request.headers.authorization ?? '', `Bearer ${token}`)) {
    return { status: 401, body: { error: 'WRONGPASS invalid or missing auth token' } }
  }
  if (request.method !== 'POST' && request.method !== 'GET') throw new Refused(405, 'use POST')
  // Left out, an EX of them would be a value that stays.
  if (url.search !== '')
    throw new Refused(400, 'query parameters are not served: send the command as a JSON array')
  const path = url.pathname.slice('/redis'.length) || '/'
  const commands = commandsIn(path, await bodyText(request))
  if (commands.length > MAX_COMMANDS) throw new Refused(413, `send ${MAX_COMMANDS} commands or fewer at once`)
  return answerTo(redis.run, path, commands, request.headers['upstash-encoding'] === 'base64')
}

/** In a time that does not tell how much is right. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(one), digest(other))
}

async function send(response: ServerResponse, answer: Answer | Response): Promise<void> {
  if (answer instanceof Response) {
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
    return
  }
  const headers = {
    'Content-Type': 'application/json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  }
  response.writeHead(answer.status, headers).end(JSON.stringify(answer.body))
}
