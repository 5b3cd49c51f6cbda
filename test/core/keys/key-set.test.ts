// A zone's key set: how it is requested, which guards share it, and what causes no fetch.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { exportJWK, generateKeyPair } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import {
  requestWith,
  scriptedIssuer,
  strangersToken,
  unsigned,
  verdict,
  verdicts,
} from '../support/scripted-issuer.ts'

holdClock()

describe('the request for a key set', () => {
  it.each([
    ['https://sts.test', 'zone-1', 'https://sts.test/.well-known/jwks.json?zone_id=zone-1'],
    ['https://sts.test///', 'zone-1', 'https://sts.test/.well-known/jwks.json?zone_id=zone-1'],
    ['https://sts.test/caracal/', 'z', 'https://sts.test/caracal/.well-known/jwks.json?zone_id=z'],
    ['http://localhost:8080', 'z', 'http://localhost:8080/.well-known/jwks.json?zone_id=z'],
    ['https://sts.test', 'a&b=c/ü#', 'https://sts.test/.well-known/jwks.json?zone_id=a%26b%3Dc%2F%C3%BC%23'],
  ])('asks issuer %s for zone %s at %s', async (issuer, expectedZoneId, url) => {
    const sts = scriptedIssuer()
    await sts.guard({ issuer, expectedZoneId }).warmup()
    expect(sts.requests.map((request) => request.url)).toEqual([url])
  })

  it('is a GET that follows no redirect, has a time limit and is not cached by the platform', async () => {
    const sts = scriptedIssuer()
    await sts.guard().warmup()
    const cache = 'cache' in Request.prototype ? 'no-store' : undefined
    expect(sts.requests[0]?.init).toMatchObject({ method: 'GET', redirect: 'manual' })
    expect(sts.requests[0]?.init.cache).toBe(cache)
    expect(sts.requests[0]?.init.signal).toBeInstanceOf(AbortSignal)
  })

  describe('without a fetch of its own', () => {
    afterEach(() => {
      vi.unstubAllGlobals()
    })

    it('uses the current global one', async () => {
      const sts = createTestIssuer({ issuer: 'https://global.test' })
      const { keySet: _, ...options } = sts.options
      const guarded = withCaracal(() => new Response('hello'), options)
      vi.stubGlobal('fetch', (url: string, init: RequestInit) => sts.handler(new Request(url, init)))
      expect((await guarded(requestWith(await sts.mint()))).status).toBe(200)
    })
  })
})

describe('one fetch is enough for', () => {
  it('many requests', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    for (let count = 0; count < 5; count++) expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(sts.requests).toHaveLength(1)
  })

  it('requests that arrive while it is in progress', async () => {
    const sts = scriptedIssuer()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => sts.mint()))
    expect(await verdicts(sts.guard(), tokens)).toEqual(['admit'])
    expect(sts.requests).toHaveLength(1)
  })

  it('every guard with the same issuer, zone and fetch', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    const guards = [
      sts.guard(),
      sts.guard({ requiredScopes: ['read'] }),
      sts.guard({ issuer: `${sts.issuer}/` }),
    ]
    for (const guard of guards) expect(await verdict(guard, token)).toBe('admit')
    expect(sts.requests).toHaveLength(1)
  })

  it('options that are computed again for another environment', async () => {
    const sts = scriptedIssuer()
    const guarded = withCaracal(
      (_request) => new Response('hello'),
      (_env: object) => ({ ...sts.options, revocations: new InMemoryRevocationStore() }),
    )
    for (const environment of [{}, {}, {}]) {
      expect((await guarded(requestWith(await sts.mint()), environment)).status).toBe(200)
    }
    expect(sts.requests).toHaveLength(1)
  })
})

describe('a guard has its own key set if it differs in', () => {
  it.each([
    ['issuer', { issuer: 'https://other.test' }],
    ['zone', { expectedZoneId: 'zone-2' }],
    ['maxAgeMs', { keySet: { maxAgeMs: 1 } }],
    ['maxStaleMs', { keySet: { maxStaleMs: 1 } }],
    ['cooldownMs', { keySet: { cooldownMs: 1 } }],
    ['timeoutMs', { keySet: { timeoutMs: 1000 } }],
  ])('its %s', async (_, departure) => {
    const sts = scriptedIssuer()
    await sts.guard().warmup()
    await sts.guard(departure).warmup()
    expect(sts.requests).toHaveLength(2)
  })

  it('its fetch', async () => {
    const [one, other] = [scriptedIssuer(), scriptedIssuer()]
    await one.guard().warmup()
    await other.guard().warmup()
    expect([one.requests.length, other.requests.length]).toEqual([1, 1])
    expect(await verdict(other.guard(), await one.mint()), "another fetch's keys").toBe('unknown_key')
  })
})

describe('the age of a key set', () => {
  it.each(['max-age=0', 'no-store', 'max-age=31536000, immutable', 'public, max-age=300, must-revalidate'])(
    'is limited only by maxAgeMs, whatever the issuer says: Cache-Control %s',
    async (value) => {
      const sts = scriptedIssuer()
      sts.answer(async () => Response.json(await sts.jwks(), { headers: { 'Cache-Control': value } }))
      const guard = sts.guard({ keySet: { maxAgeMs: 10_000 } })
      await verdict(guard, await sts.mint())
      later(9_999)
      await guard.warmup()
      expect(sts.requests, 'before').toHaveLength(1)
      later(1)
      expect(await verdict(guard, await sts.mint())).toBe('admit')
      expect(sts.requests, 'at maxAgeMs').toHaveLength(2)
    },
  )

  it('is at most five minutes by default', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    for (const [wait, fetches] of [
      [0, 1],
      [299_999, 1],
      [1, 2],
    ] as const) {
      later(wait)
      await guard.warmup()
      expect(sts.requests).toHaveLength(fetches)
    }
  })

  it('can be longer than the ten minutes of some libraries', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { maxAgeMs: 3_600_000 } })
    await guard.warmup()
    later(3_599_999)
    await guard.warmup()
    expect(sts.requests).toHaveLength(1)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('of 0 means a fetch for every request', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { maxAgeMs: 0, maxStaleMs: 0 } })
    for (let count = 0; count < 3; count++) expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(sts.requests).toHaveLength(3)
  })

  it('counts from the start of its fetch', async () => {
    const sts = scriptedIssuer()
    sts.answer(async () => {
      later(1_000)
      return Response.json(await sts.jwks())
    })
    const guard = sts.guard({ keySet: { maxAgeMs: 10_000 } })
    await guard.warmup()
    later(8_999)
    await guard.warmup()
    expect(sts.requests).toHaveLength(1)
    later(1)
    await guard.warmup()
    expect(sts.requests).toHaveLength(2)
  })
})

it('finds a key among a hundred', async () => {
  const sts = scriptedIssuer()
  const { publicKey } = await generateKeyPair('ES256', { extractable: true })
  const other = await exportJWK(publicKey)
  const others = Array.from({ length: 99 }, (_, index) => ({ ...other, kid: `other-${index}` }))
  sts.serve([...others, ...(await sts.jwks()).keys])
  expect(await verdict(sts.guard(), await sts.mint())).toBe('admit')
})

describe('nothing is fetched for', () => {
  const header = { alg: 'ES256', typ: 'JWT', kid: 'kid-1' }
  const [head = '', body = '', signature = ''] = strangersToken().split('.')

  it.each([
    ['a text that is not a JWS', 'garbage'],
    ['three letters', 'a.b.c'],
    ['two parts', `${head}.${body}`],
    ['four parts', `${head}.${body}.${signature}.`],
    ['five parts', `${head}.${body}.${signature}.${body}.${signature}`],
    ['an empty header', `.${body}.${signature}`],
    ['an empty payload', `${head}..${signature}`],
    ['an empty signature', `${head}.${body}.`],
    ['a signature of 63 bytes', unsigned(header, {}, 'A'.repeat(84))],
    ['a signature of 65 bytes', unsigned(header, {}, 'A'.repeat(87))],
    ['a signature with unused bits set', unsigned(header, {}, `${'A'.repeat(85)}B`)],
    ['a signature with padding', unsigned(header, {}, `${'A'.repeat(86)}==`)],
    ['white space', `${head}.${body} .${signature}`],
    ['a line feed at the end', `${head}.${body}.${signature}\n`],
    ['base64 that is not base64url', `${head}.+/${body}.${signature}`],
    ['a header that is not JSON', `abcd.${body}.${signature}`],
    ['no algorithm', unsigned({ ...header, alg: undefined })],
    ['alg none', unsigned({ ...header, alg: 'none' })],
    ['alg HS256', unsigned({ ...header, alg: 'HS256' })],
    ['alg ES384', unsigned({ ...header, alg: 'ES384' })],
    ['alg in other letters', unsigned({ ...header, alg: 'es256' })],
    ['no key id', unsigned({ ...header, kid: undefined })],
    ['an empty key id', unsigned({ ...header, kid: '' })],
    ['a key id that is not a string', unsigned({ ...header, kid: 1 })],
    ['another type', unsigned({ ...header, typ: 'logout+jwt' })],
    ['a type that is not a string', unsigned({ ...header, typ: 1 })],
    ['a type that is a list', unsigned({ ...header, typ: ['JWT'] })],
    ['a critical extension', unsigned({ ...header, crit: ['exp'], exp: 1 })],
    ['an unencoded payload', unsigned({ ...header, b64: false })],
    ['a header that is far too long', unsigned({ ...header, x5c: 'x'.repeat(2_048) })],
    ['a token that is far too long', unsigned(header, { sub: 'x'.repeat(32_768) })],
  ])('a token with %s', async (_, token) => {
    const sts = scriptedIssuer()
    expect(await verdict(sts.guard(), token)).toBe('malformed')
    expect(sts.requests).toHaveLength(0)
  })

  it('a request without a token', async () => {
    const sts = scriptedIssuer()
    const decision = await sts.guard().authorize(new Request('https://api.test/'))
    expect(decision).toMatchObject({ code: 'missing_token' })
    expect(sts.requests).toHaveLength(0)
  })

  it('a guard that has only been built', () => {
    const sts = scriptedIssuer()
    sts.guard()
    withCaracal(() => new Response('hello'), sts.options)
    expect(sts.requests).toHaveLength(0)
  })
})
