// Requests in bytes to an MCP server behind the guard on Node: odd framing, odd methods, and uploads without a mandate.

import { connect } from 'node:net'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningProgram } from '../examples/support/running-program.ts'
import { exchange } from './sockets/raw.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()

const call = (name: string) =>
  JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } })
const SAFE = call('safe')
const DANGER = call('danger')

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`
const chunked = (...texts: readonly string[]) => `${texts.map(chunk).join('')}0\r\n\r\n`
const ofLength = (length: number | string) => `Content-Length: ${length}`
const CHUNKED = 'Transfer-Encoding: chunked'
const LENGTH = ofLength(SAFE.length)
/** A whole request, to be hidden behind another one. */
const hidden = (body: string) => requestOf({ lines: [ofLength(body.length)], rest: body })

interface Raw {
  readonly method?: string
  readonly target?: string
  readonly lines: readonly string[]
  /** All that follows the head. */
  readonly rest: string
}

function requestOf({ method = 'POST', target = '/mcp', lines, rest }: Raw): string {
  const all = ['Host: 127.0.0.1', `Authorization: Bearer ${token}`, 'Connection: close', ...lines]
  const typed = lines.some((line) => /^content-type/i.test(line))
  const type = typed ? [] : ['Content-Type: application/json']
  return [`${method} ${target} HTTP/1.1`, ...all, ...type, '', rest].join('\r\n')
}

const CASES: readonly (Raw & {
  readonly title: string
  /** Where the bytes that follow a request are no request, what is answered first depends on when they arrive. */
  readonly status: number | readonly number[]
  readonly ran: readonly string[]
})[] = [
  { title: 'a plain call', lines: [LENGTH], rest: SAFE, status: 200, ran: ['safe'] },
  {
    title: 'a plain call that is refused',
    lines: [ofLength(DANGER.length)],
    rest: DANGER,
    status: 403,
    ran: [],
  },
  {
    title: 'a call in chunks',
    lines: [CHUNKED],
    rest: chunked(SAFE.slice(0, 9), SAFE.slice(9)),
    status: 200,
    ran: ['safe'],
  },
  {
    ...{
      title: 'a trailer that names another tool',
      lines: [CHUNKED, 'Trailer: Mcp-Name'],
      status: 200,
      ran: ['safe'],
    },
    rest: `${chunk(SAFE)}0\r\nMcp-Name: danger\r\n\r\n`,
  },
  { title: 'two messages in chunks', lines: [CHUNKED], rest: chunked(SAFE, DANGER), status: 400, ran: [] },
  { title: 'chunks that do not end', lines: [CHUNKED], rest: `${chunk(SAFE)}zz\r\n`, status: 400, ran: [] },
  { title: 'a length and chunks', lines: [LENGTH, CHUNKED], rest: chunked(SAFE), status: 400, ran: [] },
  {
    title: 'a length of 0 and chunks',
    lines: [ofLength(0), CHUNKED],
    rest: chunked(DANGER),
    status: 400,
    ran: [],
  },
  {
    title: 'a request behind no chunks',
    lines: [CHUNKED, ofLength(5)],
    rest: `0\r\n\r\n${hidden(DANGER)}`,
    status: 400,
    ran: [],
  },
  { title: 'two lengths', lines: [LENGTH, ofLength(1)], rest: SAFE, status: 400, ran: [] },
  {
    title: 'a length that is too short',
    lines: [LENGTH],
    rest: SAFE + DANGER,
    status: [200, 400],
    ran: ['safe'],
  },
  { title: 'a length of half a message', lines: [ofLength(20)], rest: SAFE, status: 400, ran: [] },
  { title: 'a length with a sign', lines: [ofLength(`+${SAFE.length}`)], rest: SAFE, status: 400, ran: [] },
  { title: 'a length in hexadecimal', lines: [ofLength('0x40')], rest: SAFE, status: 400, ran: [] },
  {
    title: 'a transfer encoding that Node ignores',
    lines: ['Transfer-Encoding: gzip, chunked'],
    rest: chunked(SAFE),
    status: 200,
    ran: ['safe'],
  },
  {
    title: 'chunked, and once more',
    lines: ['Transfer-Encoding: chunked, chunked'],
    rest: chunked(SAFE),
    status: 400,
    ran: [],
  },
  { title: 'no body', lines: [ofLength(0)], rest: '', status: 400, ran: [] },
  {
    title: 'a request behind it on the same connection',
    lines: [LENGTH],
    rest: SAFE + hidden(DANGER),
    status: [200, 400],
    ran: ['safe'],
  },
  ...['PUT', 'PATCH', 'OPTIONS', 'HEAD', 'QUERY', 'TRACE'].map((method) => ({
    ...{ title: `${method} with a message`, method, lines: [LENGTH], rest: SAFE, status: 405, ran: [] },
  })),
  ...['GET', 'DELETE'].flatMap((method) => [
    { title: method, method, lines: [], rest: '', status: 200, ran: [method] },
    { title: `${method} with a message`, method, lines: [LENGTH], rest: SAFE, status: 400, ran: [] },
  ]),
  {
    ...{ title: 'DELETE with chunks', method: 'DELETE', lines: [CHUNKED], rest: chunked(DANGER) },
    ...{ status: 400, ran: [] },
  },
  {
    // The Request of the bridge has no body then, for the guard and for the server.
    ...{ title: 'GET with chunks', method: 'GET', lines: [CHUNKED], rest: chunked(DANGER) },
    ...{ status: 200, ran: ['GET'] },
  },
  {
    title: 'two content types',
    lines: [LENGTH, 'Content-Type: text/plain', 'Content-Type: application/json'],
    rest: SAFE,
    status: 415,
    ran: [],
  },
  {
    title: 'a content encoding',
    lines: [LENGTH, 'Content-Encoding: identity'],
    rest: SAFE,
    status: 415,
    ran: [],
  },
  {
    title: 'two session ids',
    lines: [LENGTH, 'Mcp-Session-Id: a', 'Mcp-Session-Id: b'],
    rest: SAFE,
    status: 400,
    ran: [],
  },
  {
    title: 'two tools in headers',
    lines: [LENGTH, 'Mcp-Name: safe', 'Mcp-Name: danger'],
    rest: SAFE,
    status: 400,
    ran: [],
  },
  {
    title: 'a whole URL as the target',
    target: 'http://other.test/mcp',
    lines: [LENGTH],
    rest: SAFE,
    status: 200,
    ran: ['safe'],
  },
]

describe('MCP on Node, in bytes', () => {
  let program: RunningProgram | undefined
  let port = 0
  beforeAll(async () => {
    const { issuer: iss, expectedZoneId, audience } = issuer.options
    const keySet = { jwks: await issuer.jwks() }
    const TRUSTED = JSON.stringify({ issuer: iss, expectedZoneId, audience, keySet })
    program = new RunningProgram('node test/runtimes/mcp/subject/raw.mjs', { TRUSTED })
    const [, found] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:(\d+)/)
    port = Number(found)
  }, 60_000)
  afterAll(() => program?.stop())

  const asked = async (path: string): Promise<unknown> =>
    (await fetch(`http://127.0.0.1:${port}${path}`)).json()

  test.each(CASES)('$title', async (raw) => {
    const head = await exchange(port, requestOf(raw))
    const [, status] = /^HTTP\/1\.1 (\d+)/.exec(head) ?? []
    expect([raw.status].flat()).toContain(Number(status))
    expect(await asked('/ran')).toEqual(raw.ran)
  })

  test('100 uploads at once without a mandate are answered at once, and take no memory', async () => {
    const before = Number(await asked('/memory'))
    const uploads = Array.from({ length: 100 }, () => upload(port))
    const answered = await Promise.all(uploads.map(({ answer }) => answer))
    // They go on for some time after that.
    const seen: number[] = []
    for (let time = 0; time < 5; time++) {
      await new Promise((resolve) => setTimeout(resolve, 100))
      seen.push(Number(await asked('/memory')))
    }
    for (const { end } of uploads) end()
    expect(new Set(answered.filter((answer) => answer !== CLOSED))).toEqual(
      new Set(['HTTP/1.1 401 Unauthorized']),
    )
    expect((Math.max(...seen) - before) / 1_048_576).toBeLessThan(128)
    expect(await asked('/ran')).toEqual([])
  })
})

const PIECE = new Uint8Array(65_536).fill(0x20)

/** The server closes what it does not read. A client that is still sending may lose the answer by that. */
const CLOSED = 'closed'

/** Sends a body without an end, as fast as it is taken. */
function upload(port: number) {
  const socket = connect(port, '127.0.0.1')
  const more = () => {
    while (!socket.destroyed && socket.writable && socket.write(PIECE)) {
      // Until it is no longer taken.
    }
  }
  const answer = new Promise<string>((resolve) => {
    socket.once('data', (data) => resolve(String(data).split('\r\n', 1)[0] ?? ''))
    socket.once('close', () => resolve(CLOSED))
  })
  socket.on('error', () => {})
  socket.on('drain', more)
  const head = ['POST /mcp HTTP/1.1', 'Host: a', 'Content-Type: application/json', ofLength(1e9), '', '']
  socket.once('connect', () => {
    socket.write(head.join('\r\n'))
    more()
  })
  return { answer, end: () => socket.destroy() }
}
