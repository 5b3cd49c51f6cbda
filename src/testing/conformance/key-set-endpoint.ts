// Where the key set of a case is served, with every fault: what an HTTP server would answer.

import { type Bytes, utf8 } from './bytes.ts'
import type { KeySetScript, Members } from './case.ts'
import { keyNamed, type TestKeys } from './test-keys.ts'

/** The requests of the guard. */
export interface KeySetTally {
  keySet: number
  /** URLs that must not be requested: where `jku` points to, and where a redirect leads. */
  elsewhere: number
}

export interface KeySetEndpoint {
  readonly tally: KeySetTally
  /** Rejects where the connection is to be reset, and is never settled where nothing is to be answered. */
  serve(request: Request): Promise<Response>
}

const EIGHT_MIB = 8 * 1024 * 1024
const SIX_TIMES_EIGHT_MIB = 6 * EIGHT_MIB
const PLACE = '/.well-known/jwks.json'

/** @param signer the key that signs the tokens of the case */
export function openKeySet(
  script: KeySetScript | readonly Members[],
  signer: string,
  keys: TestKeys,
): KeySetEndpoint {
  const document: KeySetScript & { readonly list?: readonly Members[] } = isList(script)
    ? { list: script }
    : script
  const tally = { keySet: 0, elsewhere: 0 }
  return {
    tally,
    async serve(request) {
      const { pathname, searchParams } = new URL(request.url)
      if (!pathname.endsWith(PLACE)) {
        tally.elsewhere++
        return json(trapDocument(signer, keys))
      }
      tally.keySet++
      const zone = searchParams.get('zone_id')
      if (zone === null || zone === '') return json('{"error":"zone_id is missing"}', 400)
      const list = document.byZone === undefined ? (document.list ?? [{ use: 'K1' }]) : document.byZone[zone]
      if (list === undefined) return json('{"error":"unknown zone"}', 404)
      const text = document.text ?? JSON.stringify({ keys: list.map((item) => published(item, keys)) })
      const body = text.replace(/\$(K1|K2|P384)/g, (_, name) =>
        JSON.stringify(keyNamed(keys, name).publicJwk),
      )
      if (document.fault === undefined) return json(body, 200, document.contentType)
      return failing(String(document.fault), body, pathname.slice(0, -PLACE.length))
    },
  }
}

function isList(script: KeySetScript | readonly Members[]): script is readonly Members[] {
  return Array.isArray(script)
}

/** A set with which the token of the case would be valid, whoever signed it. */
function trapDocument(signer: string, keys: TestKeys): string {
  return JSON.stringify({ keys: [{ ...keyNamed(keys, signer).publicJwk, kid: 'kid-1' }] })
}

/** One entry of the key set. */
function published(item: Members, keys: TestKeys): unknown {
  if ('raw' in item) return item.raw
  const key = keyNamed(keys, item.use)
  const set = typeof item.set === 'object' ? item.set : {}
  const jwk: Members = { ...(item.private === undefined ? key.publicJwk : key.privateJwk), ...set }
  const dropped: readonly unknown[] = Array.isArray(item.drop) ? item.drop : []
  return Object.fromEntries(Object.entries(jwk).filter(([name]) => !dropped.includes(name)))
}

function failing(fault: string, body: string, issuerPath: string): Response | Promise<Response> {
  switch (fault) {
    case 'reset':
      return Promise.reject(new TypeError('The connection was reset'))
    case 'hang':
      return new Promise(() => {})
    case 'stall':
      return streaming(stalled(body), { 'content-length': String(body.length) })
    case 'trickle':
      return streaming(trickle(body))
    case 'redirect':
      return new Response(null, { status: 302, headers: { location: `${issuerPath}/elsewhere/jwks.json` } })
    case 'huge':
      return streaming(blanksAround(body, EIGHT_MIB))
    case 'huge-declared':
      return streaming(blanksAround(body, EIGHT_MIB), { 'content-length': String(EIGHT_MIB + body.length) })
    case 'gzip-bomb': {
      const bomb = blanksAround(body, SIX_TIMES_EIGHT_MIB).pipeThrough(new CompressionStream('gzip'))
      return streaming(bomb, { 'content-encoding': 'gzip' })
    }
    default:
      return json('{"error":"out of order"}', statusFrom(fault))
  }
}

function streaming(body: ReadableStream<Bytes>, more: { readonly [name: string]: string } = {}) {
  return new Response(body, { headers: { 'content-type': 'application/json', ...more } })
}

/** Half of it, and then nothing. */
function stalled(body: string): ReadableStream<Bytes> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(utf8(body.slice(0, body.length / 2))),
  })
}

/** White space around a valid key set, which would be valid if it was read to its end. */
function blanksAround(body: string, size: number): ReadableStream<Bytes> {
  const blanks = utf8(' '.repeat(65_536))
  let left = size
  return new ReadableStream({
    start: (controller) => controller.enqueue(utf8(body.slice(0, 1))),
    pull(controller) {
      if (left > 0) {
        left -= blanks.length
        controller.enqueue(blanks.slice())
        return
      }
      controller.enqueue(utf8(body.slice(1)))
      controller.close()
    },
  })
}

function trickle(body: string): ReadableStream<Bytes> {
  let sent = 0
  let timer: ReturnType<typeof setInterval> | undefined
  return new ReadableStream({
    start(controller) {
      const send = () => controller.enqueue(utf8(body.charAt(sent++) || ' '))
      send()
      timer = setInterval(send, 1000)
    },
    cancel: () => clearInterval(timer),
  })
}

function statusFrom(fault: string): number {
  const status = Number(fault.replace(/^http-/, ''))
  if (!Number.isInteger(status)) throw new Error(`There is no fault ${fault} of a key set`)
  return status
}

function json(body: string, status = 200, contentType = 'application/json'): Response {
  const headers = { 'content-type': contentType, 'cache-control': 'public, max-age=300, must-revalidate' }
  return new Response(body, { status, headers })
}
