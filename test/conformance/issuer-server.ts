// A real HTTP server that serves the key set of every case under its own path, with every fault.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import { listen } from '../../lab/loopback.mjs'
import type { Members } from './catalogue.ts'
import { type Jwk, keyNamed, type TestKeys } from './test-keys.ts'

/** The requests of the guard. */
export interface IssuerTally {
  keySet: number
  /** URLs that must not be requested: where `jku` points to, and where a redirect leads. */
  elsewhere: number
}

export interface IssuerServer {
  issuerOf(slug: string): string
  /** From now on, the key set of this issuer is that of the case; `signer` signs its tokens. */
  publish(slug: string, jwks: unknown, signer: string): IssuerTally
  close(): Promise<void>
}

interface Issuer {
  readonly document: Document
  readonly signer: string
  readonly tally: IssuerTally
}

interface Document {
  readonly list?: readonly Members[]
  readonly text?: string
  readonly byZone?: Readonly<Record<string, readonly Members[]>>
  readonly contentType?: string
  readonly fault?: string | number
}

const EIGHT_MIB = 8 * 1024 * 1024
const SIX_TIMES_EIGHT_MIB = 6 * EIGHT_MIB

export async function startIssuerServer(keys: TestKeys): Promise<IssuerServer> {
  const issuers = new Map<string, Issuer>()
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://loopback')
    const [, slug = '', ...rest] = pathname.split('/')
    const issuer = issuers.get(slug)
    if (issuer === undefined) return send(response, 404, '{"error":"unknown issuer"}')
    const place = rest.join('/')
    if (place !== '.well-known/jwks.json') {
      issuer.tally.elsewhere++
      return send(response, 200, trapDocument(issuer, keys))
    }
    issuer.tally.keySet++
    const zone = searchParams.get('zone_id')
    if (zone === null || zone === '') return send(response, 400, '{"error":"zone_id is missing"}')
    answer(issuer.document, zone, slug, keys, request, response)
  })
  const running = await listen(server)
  return {
    issuerOf: (slug) => `${running.url}/${slug}`,
    publish(slug, jwks, signer) {
      const document: Document = Array.isArray(jwks) ? { list: jwks } : ((jwks ?? {}) as Document)
      const tally = { keySet: 0, elsewhere: 0 }
      issuers.set(slug, { document, signer, tally })
      return tally
    },
    close: running.close,
  }
}

/** A set with which the token of the case would be valid, whoever signed it. */
function trapDocument({ signer }: Issuer, keys: TestKeys): string {
  return JSON.stringify({ keys: [{ ...keyNamed(keys, signer).publicJwk, kid: 'kid-1' }] })
}

function answer(
  document: Document,
  zone: string,
  slug: string,
  keys: TestKeys,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const list = document.byZone === undefined ? (document.list ?? [{ use: 'K1' }]) : document.byZone[zone]
  if (list === undefined) {
    send(response, 404, '{"error":"unknown zone"}')
    return
  }
  const text = document.text ?? JSON.stringify({ keys: list.map((item) => published(item, keys)) })
  const body = text.replace(/\$(K1|K2|P384)/g, (_, name) => JSON.stringify(keyNamed(keys, name).publicJwk))
  if (document.fault === undefined) send(response, 200, body, document.contentType)
  else fail(String(document.fault), body, slug, request, response)
}

/** One entry of the key set. */
function published(item: Members, keys: TestKeys): unknown {
  if ('raw' in item) return item.raw
  const key = keyNamed(keys, item.use)
  const jwk: Jwk = { ...(item.private ? key.privateJwk : key.publicJwk), ...(item.set as object) }
  const dropped = new Set((item.drop as readonly string[] | undefined) ?? [])
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => !dropped.has(name)))
}

function fail(
  fault: string,
  body: string,
  slug: string,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const json = { 'content-type': 'application/json' }
  switch (fault) {
    case 'reset':
      request.socket.destroy()
      return
    case 'hang':
      return
    case 'stall':
      response.writeHead(200, { ...json, 'content-length': Buffer.byteLength(body) })
      response.write(body.slice(0, body.length / 2))
      return
    case 'trickle':
      trickle(body, response)
      return
    case 'redirect':
      response.writeHead(302, { location: `/${slug}/elsewhere/jwks.json` })
      response.end()
      return
    case 'huge':
      response.writeHead(200, json)
      response.write(body.slice(0, 1))
      response.end(blanks(EIGHT_MIB) + body.slice(1))
      return
    case 'huge-declared':
      response.writeHead(200, { ...json, 'content-length': EIGHT_MIB + Buffer.byteLength(body) })
      response.end(blanks(EIGHT_MIB) + body)
      return
    case 'gzip-bomb':
      response.writeHead(200, { ...json, 'content-encoding': 'gzip' })
      response.end(gzipSync(blanks(SIX_TIMES_EIGHT_MIB) + body))
      return
    default:
      send(response, statusFrom(fault), '{"error":"out of order"}')
  }
}

/** White space around a valid key set, which would be valid if it was read to its end. */
function blanks(size: number): string {
  return ' '.repeat(size)
}

function trickle(body: string, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write(body.slice(0, 1))
  let sent = 1
  const timer = setInterval(() => response.write(body.charAt(sent++) || ' '), 1000)
  response.on('close', () => clearInterval(timer))
}

function statusFrom(fault: string): number {
  const status = Number(fault.replace(/^http-/, ''))
  if (!Number.isInteger(status)) throw new Error(`There is no fault ${fault} of a key set`)
  return status
}

function send(response: ServerResponse, status: number, body: string, contentType?: string): void {
  const headers = {
    'content-type': contentType ?? 'application/json',
    'cache-control': 'public, max-age=300, must-revalidate',
  }
  response.writeHead(status, headers)
  response.end(body)
}
