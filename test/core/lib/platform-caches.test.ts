// A platform whose `fetch` caches, like that of Next.js: it never answers instead of the store or the STS.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { verdict } from '../support/scripted-issuer.ts'

holdClock()

const MAX_AGE_MS = 300_000

let issuers = 0

/** An STS, and a Redis with Upstash's protocol in which everything can be marked as revoked. */
class Upstream {
  /** A new one, because guards share the keys of an issuer. */
  readonly issuer = createTestIssuer({ issuer: `https://cached-sts-${issuers++}.test` })
  readonly requests: Request[] = []
  isRevoked = false

  async answer(request: Request): Promise<Response> {
    this.requests.push(request)
    if (request.url.startsWith(this.issuer.issuer)) return this.issuer.handler(request)
    const [, ...keys]: readonly string[] = await request.json()
    return Response.json({ result: keys.map(() => (this.isRevoked ? '1' : null)) })
  }
}

let upstream: Upstream
let heedsNoStore: boolean

/** Its key is method, URL, headers without the trace context, and body. It never expires. */
function cachingFetch() {
  const cache = new Map<string, string>()
  return async (url: string, init: RequestInit): Promise<Response> => {
    const request = new Request(url, init)
    const headers = [...request.headers].filter(([name]) => !['traceparent', 'tracestate'].includes(name))
    const key = JSON.stringify([request.method, url, headers, init.body])
    const isKept = !heedsNoStore || init.cache !== 'no-store'
    const body = (isKept && cache.get(key)) || (await (await upstream.answer(request)).text())
    cache.set(key, body)
    return new Response(body)
  }
}

beforeEach(() => {
  upstream = new Upstream()
  vi.stubGlobal('fetch', cachingFetch())
})
afterEach(() => {
  vi.unstubAllGlobals()
})

function guard() {
  const { keySet: _, ...options } = upstream.issuer.options
  const revocations = new UpstashRevocationStore({ url: 'https://redis.test', token: 'hunter2' })
  return createMandateVerifier({ ...options, revocations })
}

describe.each([
  { cache: 'heeds no-store', heeds: true },
  { cache: 'does not', heeds: false },
])('a cache that $cache', ({ heeds }) => {
  beforeEach(() => {
    heedsNoStore = heeds
  })

  it('does not admit a revoked mandate', async () => {
    const verifier = guard()
    const token = await upstream.issuer.mint()
    for (let count = 0; count < 2; count++) expect(await verdict(verifier, token)).toBe('admit')
    upstream.isRevoked = true
    expect(await verdict(verifier, token)).toBe('session_revoked')
  })

  it('does not keep a removed key in use', async () => {
    const verifier = guard()
    const token = await upstream.issuer.mint({ lifetimeSeconds: 3_600 })
    expect(await verdict(verifier, token)).toBe('admit')
    await upstream.issuer.rotate({ retirePrevious: true })
    later(MAX_AGE_MS)
    expect(await verdict(verifier, token)).toBe('unknown_key')
    expect(await verdict(verifier, await upstream.issuer.mint())).toBe('admit')
  })
})

it('each request has a unique id, and everything else that it had', async () => {
  const verifier = guard()
  const token = await upstream.issuer.mint({ lifetimeSeconds: 3_600 })
  for (let count = 0; count < 5; count++) {
    expect(await verdict(verifier, token)).toBe('admit')
    later(MAX_AGE_MS)
  }
  const ids = upstream.requests.map(({ headers }) => headers.get('x-caracal-request-id'))
  expect(new Set(ids).size).toBe(upstream.requests.length)
  for (const id of ids) expect(id).toMatch(/^[\da-f-]{36}$/)
  const lookUp = upstream.requests.find(({ url }) => url === 'https://redis.test/')
  expect(lookUp?.headers.get('authorization')).toBe('Bearer hunter2')
  expect(lookUp?.headers.get('content-type')).toBe('application/json')
  const keys = upstream.requests.find(({ url }) => url.startsWith(upstream.issuer.issuer))
  expect(keys?.headers.get('accept')).toContain('application/json')
  expect(keys?.headers.get('user-agent')).toBe('caracal-edge')
})
