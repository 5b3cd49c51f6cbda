// The servers of the cases over real HTTP: one for the issuers and the databases of all of them.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import type { ConformanceSettings } from 'caracal-edge/testing'
import { listen } from '../../lab/loopback.mjs'

type Serve = ConformanceSettings['serve']

export interface RealServers {
  readonly origin: string
  /** From now on, requests to the issuer and the database of this case are answered by its `serve`. */
  add(settings: ConformanceSettings): void
  close(): Promise<void>
}

export async function startRealServers(): Promise<RealServers> {
  const cases = new Map<string, Serve>()
  const server = createServer((request, response) => {
    const { authorization } = request.headers
    const [, slug = ''] = (request.url ?? '').split('/')
    const serve = cases.get(authorization ?? slug)
    if (serve === undefined) {
      response.writeHead(401).end('{"error":"WRONGPASS invalid or missing auth token"}')
      return
    }
    exchange(serve, request, response).catch(() => request.socket.destroy())
  })
  const running = await listen(server)
  return {
    origin: running.url,
    add({ issuer, upstash, serve }) {
      cases.set(new URL(issuer).pathname.slice(1), serve)
      if (upstash !== undefined) cases.set(`Bearer ${upstash.token}`, serve)
    },
    close: running.close,
  }

  async function exchange(serve: Serve, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', headers, url = '/' } = request
    const given = new Headers()
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) given.set(name, String(value))
    const body = method === 'GET' ? null : await textOf(request)
    const answer = await serve(new Request(new URL(url, running.url), { method, headers: given, body }))
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    // Sent even if nothing follows.
    response.flushHeaders()
    if (answer.body === null) response.end()
    else await pipeline(Readable.fromWeb(answer.body as ReadableStream), response)
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
