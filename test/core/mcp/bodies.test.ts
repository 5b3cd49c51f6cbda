// How much of a body is read, and when.

import { InMemoryRevocationStore } from 'caracal-edge'
import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { call, errorIn, mandate, post, RESOURCE, serverWith } from '../support/mcp.ts'

const CALL = JSON.stringify(call('a'))
const encoded = (text: string) => new TextEncoder().encode(text)

interface Source {
  readonly body: ReadableStream<Uint8Array>
  /** How many chunks were asked for, and whether it was cancelled. */
  readonly seen: { pulled: number; cancelled: boolean }
}

/** @param chunk the chunk of this number; `undefined` ends the body, a promise delays it */
function source(chunk: (index: number) => Uint8Array | undefined | Promise<Uint8Array | undefined>): Source {
  const seen = { pulled: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const next = await chunk(seen.pulled++)
        if (next === undefined) controller.close()
        else controller.enqueue(next)
      },
      cancel() {
        seen.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, seen }
}

describe('a body of', () => {
  const padded = (bytes: number) => CALL + ' '.repeat(bytes - CALL.length)

  it.each([
    { title: 'the most bytes', body: padded(1_000), status: 200 },
    { title: 'one byte more', body: padded(1_001), status: 413 },
    {
      title: 'characters that take more bytes',
      body: JSON.stringify(call('a', { id: 'é'.repeat(200) })) + ' '.repeat(700),
      status: 413,
    },
  ])('$title: $status', async ({ body, status }) => {
    const { fetch, served } = serverWith({ tools: { a: {} }, maxBodyBytes: 1_000 })
    const whole = await fetch(await post(body))
    const inChunks = await fetch(await post(new Blob([body]).stream()))
    expect([whole.status, inChunks.status, served.length]).toEqual([status, status, status === 200 ? 2 : 0])
    if (status === 413) expect((await errorIn(whole)).error.data.error).toBe('too_large')
  })

  it('4 MiB passes by default, and one byte more does not', async () => {
    const { fetch } = serverWith({ tools: { a: {} } })
    expect((await fetch(await post(padded(4_194_304)))).status).toBe(200)
    expect((await fetch(await post(padded(4_194_305)))).status).toBe(413)
  })

  it('a character in two chunks is whole', async () => {
    const bytes = encoded(JSON.stringify(call('a', { id: '€' })))
    const { fetch, served } = serverWith({ tools: { a: {} } })
    const { body } = source((index) => (index < bytes.length ? bytes.slice(index, index + 1) : undefined))
    expect((await fetch(await post(body))).status).toBe(200)
    expect(served[0]?.mcp.parsedBody).toEqual(call('a', { id: '€' }))
  })
})

it('no more is read than is allowed, and the rest is cancelled', async () => {
  const { fetch } = serverWith({ maxBodyBytes: 1_000 })
  const { body, seen } = source(() => new Uint8Array(400).fill(0x20))
  expect((await fetch(await post(body))).status).toBe(413)
  expect(seen).toEqual({ pulled: 3, cancelled: true })
})

it('nothing is read of a body whose Content-Length is too large', async () => {
  const { fetch } = serverWith({ maxBodyBytes: 1_000 })
  const { body, seen } = source(() => encoded(CALL))
  const response = await fetch(await post(body, { headers: { 'content-length': '1001' } }))
  expect([response.status, seen.pulled]).toEqual([413, 0])
})

it.each([
  { title: 'without a mandate', options: { token: '' }, status: 401 },
  { title: 'with a token that is none', options: { token: 'x.y.z' }, status: 401 },
  {
    title: 'from a page that may not call',
    options: { headers: { origin: 'https://evil.test' } },
    status: 403,
  },
  { title: 'with another content type', options: { headers: { 'content-type': 'text/plain' } }, status: 415 },
])('nothing is read of a body that comes $title', async ({ options, status }) => {
  const { fetch, served } = serverWith({ tools: { a: {} } })
  const { body, seen } = source(() => encoded(CALL))
  expect((await fetch(await post(body, options))).status).toBe(status)
  expect([seen.pulled, served.length]).toEqual([0, 0])
})

it('a client that leaves ends the reading', async () => {
  const { fetch, served } = serverWith({ tools: { a: {} } })
  const leaving = new AbortController()
  const never = new Promise<undefined>(() => {})
  const { body, seen } = source((index) => (index === 0 ? encoded(CALL) : never))
  const answer = fetch(new Request(await post(body), { signal: leaving.signal }))
  while (seen.pulled < 2) await new Promise((resolve) => setTimeout(resolve, 1))
  leaving.abort()
  expect((await answer).status).toBe(400)
  expect(served).toEqual([])
})

it('a body that breaks off is refused, even after a whole message', async () => {
  const { fetch, served } = serverWith({ tools: { a: {} } })
  const { body } = source((index) => (index === 0 ? encoded(CALL) : Promise.reject(new Error('reset'))))
  expect((await fetch(await post(body))).status).toBe(400)
  expect(served).toEqual([])
})

it('a body that was read before is refused', async () => {
  const { fetch, served } = serverWith({ tools: { a: {} } })
  const request = await post(CALL)
  await request.text()
  expect((await fetch(request)).status).toBe(400)
  expect(served).toEqual([])
})

describe('DELETE', () => {
  const remove = async (body: BodyInit | null, headers: HeadersInit = {}) => {
    const all = new Headers(headers)
    all.set('authorization', `Bearer ${await mandate()}`)
    return new Request(RESOURCE, { method: 'DELETE', headers: all, body, duplex: 'half' } as RequestInit)
  }

  it.each([
    { title: 'a message', body: CALL },
    { title: 'one byte', body: ' ' },
    { title: 'a stream', body: source((index) => (index === 0 ? encoded(CALL) : undefined)).body },
    { title: 'a length without a body', body: null, headers: { 'content-length': '5' } },
  ])('with $title is refused', async ({ body, headers }) => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    const response = await fetch(await remove(body, headers))
    expect([response.status, (await errorIn(response)).error.data.error]).toEqual([400, 'unexpected_body'])
    expect(served).toEqual([])
  })

  it('with a stream that is empty passes, as some servers make one', async () => {
    const { fetch, served } = serverWith()
    expect((await fetch(await remove(source(() => undefined).body))).status).toBe(200)
    expect(served.map(({ text }) => text)).toEqual([''])
  })
})

describe('a body that arrives only after the authority has ended', () => {
  afterEach(() => {
    vi.restoreAllMocks()
  })

  const revocations = () => new InMemoryRevocationStore()
  const later = (ms: number) => {
    const now = Date.now() + ms
    vi.spyOn(Date, 'now').mockImplementation(() => now)
  }
  const CASES = [
    { title: 'the mandate has expired', ms: 900_001, revoke: false, status: 401, error: 'invalid_token' },
    { title: 'the session was revoked', ms: 1_001, revoke: true, status: 401, error: 'session_revoked' },
    { title: 'it was not', ms: 60_000, revoke: false, status: 200, error: undefined },
  ]

  it.each(CASES)('with a call: $title, $status', async ({ ms, revoke, status, error }) => {
    const [store, token] = [revocations(), await mandate()]
    const { fetch, served } = serverWith({ tools: { a: {} }, revocations: store })
    const { body } = source(async (index) => {
      if (index === 0) return encoded(CALL)
      if (revoke) await store.markRevoked(String(decodeJwt(token).sid))
      later(ms)
      return undefined
    })
    const response = await fetch(await post(body, { token }))
    expect([response.status, served.length]).toEqual([status, status === 200 ? 1 : 0])
    if (error !== undefined) {
      expect(await errorIn(response)).toMatchObject({ id: 1, error: { code: -32_010, data: { error } } })
      expect(response.headers.get('www-authenticate')).toContain('Bearer')
    }
  })

  it.each(CASES)('with DELETE: $title, $status', async ({ ms, revoke, status }) => {
    const [store, token] = [revocations(), await mandate()]
    const { fetch, served } = serverWith({ revocations: store })
    const { body } = source(async () => {
      if (revoke) await store.markRevoked(String(decodeJwt(token).sid))
      later(ms)
      return undefined
    })
    const headers = { authorization: `Bearer ${token}` }
    const init = { method: 'DELETE', headers, body, duplex: 'half' } as RequestInit
    expect((await fetch(new Request(RESOURCE, init))).status).toBe(status)
    expect(served).toHaveLength(status === 200 ? 1 : 0)
  })

  it('does not ask the store again for one that arrives at once', async () => {
    const store = revocations()
    const asked = vi.spyOn(store, 'lookup')
    const { fetch } = serverWith({ tools: { a: {} }, revocations: store })
    await fetch(await post(CALL))
    expect(asked).toHaveBeenCalledTimes(1)
  })
})
