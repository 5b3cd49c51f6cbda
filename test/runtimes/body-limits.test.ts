// An answer that is larger than it says is never read to its end, in any runtime.

import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { promisify } from 'node:util'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { missingUnless } from './runtime.ts'

const UNREVOKED = '{"result":[null]}'
/** Valid JSON that means "not revoked" if somebody reads it all. */
const LARGE = `${UNREVOKED}${' '.repeat(1_000_000)}`

const chunked = (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`
const [gzip, brotli] = [gzipSync(LARGE), brotliCompressSync(LARGE)]

/** Headers and body as they are on the wire, and the outcomes that may come of them. */
const ANSWERS: Readonly<
  Record<string, { readonly headers: string; readonly body: string | Buffer; readonly outcomes: string[] }>
> = {
  honest: { headers: `Content-Length: ${UNREVOKED.length}`, body: UNREVOKED, outcomes: ['false'] },
  chunked: { headers: 'Transfer-Encoding: chunked', body: chunked(UNREVOKED), outcomes: ['false'] },
  large: { headers: `Content-Length: ${LARGE.length}`, body: LARGE, outcomes: ['too_large'] },
  largeInChunks: { headers: 'Transfer-Encoding: chunked', body: chunked(LARGE), outcomes: ['too_large'] },
  // What comes after the length belongs to no response.
  more: { headers: `Content-Length: ${UNREVOKED.length}`, body: LARGE, outcomes: ['false', 'network'] },
  less: { headers: 'Content-Length: 1000', body: UNREVOKED, outcomes: ['network', 'timeout'] },
  both: {
    headers: 'Content-Length: 10\r\nTransfer-Encoding: chunked',
    body: chunked(LARGE),
    outcomes: ['too_large', 'network'],
  },
  bothTurned: {
    headers: 'Transfer-Encoding: chunked\r\nContent-Length: 10',
    body: chunked(LARGE),
    outcomes: ['too_large', 'network'],
  },
  twoLengths: {
    headers: `Content-Length: 10\r\nContent-Length: ${LARGE.length}`,
    body: LARGE,
    outcomes: ['network', 'too_large'],
  },
  gzip: {
    headers: `Content-Encoding: gzip\r\nContent-Length: ${gzip.length}`,
    body: gzip,
    outcomes: ['too_large'],
  },
  brotli: {
    headers: `Content-Encoding: br\r\nContent-Length: ${brotli.length}`,
    body: brotli,
    outcomes: ['too_large'],
  },
}

const server = createServer((socket) => {
  socket.on('error', () => {})
  socket.once('data', (request) => {
    const [, name = ''] = /^POST \/(\w+)/.exec(String(request)) ?? []
    const { headers = '', body = '' } = ANSWERS[name] ?? {}
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n${headers}\r\nConnection: close\r\n\r\n`,
    )
    socket.write(body)
    setTimeout(() => socket.end(), 100)
  })
})

beforeAll(() => once(server.listen(0, '127.0.0.1'), 'listening'))
afterAll(() => {
  server.close()
})

describe.each([
  { name: 'Node', program: process.execPath, options: [] },
  { name: 'Bun', program: 'node_modules/.bin/bun', options: [] },
  { name: 'Deno', program: 'node_modules/.bin/deno', options: ['run', '--cached-only', '--allow-all'] },
])('$name', ({ name, program, options }) => {
  test.skipIf(name !== 'Node' && missingUnless(program) !== undefined)(
    'reads no more than it may',
    async () => {
      const { port } = server.address() as AddressInfo
      const env = { ...process.env, BASE_URL: `http://127.0.0.1:${port}`, NAMES: Object.keys(ANSWERS).join() }
      const run = promisify(execFile)
      const { stdout } = await run(program, [...options, 'test/runtimes/subject/body-limits.mjs'], { env })
      const outcomes: Record<string, unknown> = JSON.parse(stdout)
      for (const [answer, allowed] of Object.entries(ANSWERS)) {
        expect(allowed.outcomes, answer).toContain(String(outcomes[answer]))
      }
    },
    60_000,
  )
})
