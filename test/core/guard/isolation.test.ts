// No request or guard can affect another, or see what belongs to it.

import { type CaracalContext, type CaracalOptions, type Mandate, mandateOf, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { bearer } from '../support/requests.ts'
import { createZones } from '../support/zones.ts'

const issuer = createTestIssuer()

/** Settles after a few turns of the event loop, a different number each time. */
async function aWhile(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
}

describe('200 requests at the same time', () => {
  const names = Array.from({ length: 200 }, (_, index) => `user-${index}`)

  it('each see only their own mandate', async () => {
    const revocations = {
      async lookup() {
        await aWhile()
        return { revoked: false, delegationEpoch: 0 }
      },
    }
    const handler = async (request: Request, { caracal }: CaracalContext) => {
      await aWhile()
      return Response.json([caracal.sub, mandateOf(request)?.sub])
    }
    const guarded = withCaracal(handler, { ...issuer.options, revocations })
    const seen = await Promise.all(
      names.map(async (sub) => (await guarded(bearer(await issuer.mint({ claims: { sub } })))).json()),
    )
    expect(seen).toEqual(names.map((sub) => [sub, sub]))
  })

  it('each get the answer of the store to their own question (concurrency-isolation-11)', async () => {
    const isRevoked = (name: string | undefined) => Number(name?.split('-')[1]) % 2 === 1
    const revocations: CaracalOptions['revocations'] = {
      async lookup({ anchors }) {
        await aWhile()
        return { revoked: isRevoked(anchors[0]), delegationEpoch: 0 }
      },
    }
    const guarded = withCaracal(() => new Response(), { ...issuer.options, revocations })
    const statuses = await Promise.all(
      names.map(async (sid) => (await guarded(bearer(await issuer.mint({ claims: { sid } })))).status),
    )
    expect(statuses).toEqual(names.map((name) => (isRevoked(name) ? 401 : 200)))
  })
})

it('a request whose store call hangs does not delay others (concurrency-isolation-12)', async () => {
  const revocations: CaracalOptions['revocations'] = {
    lookup: ({ anchors }) =>
      anchors.includes('hanging') ? new Promise(() => {}) : { revoked: false, delegationEpoch: 0 },
  }
  const guarded = withCaracal(() => new Response(), { ...issuer.options, revocations })
  const hanging = guarded(bearer(await issuer.mint({ claims: { sid: 'hanging' } }))).then(() => 'first')
  const other = guarded(bearer(await issuer.mint())).then(() => 'second')
  expect(await Promise.race([hanging, other])).toBe('second')
})

it('what a handler does to a mandate does not affect the next request (concurrency-isolation-06)', async () => {
  const attempts: string[] = []
  const tamper = (_: Request, { caracal }: CaracalContext) => {
    const changes = [
      () => Object.assign(caracal, { scope: 'admin', scopes: ['admin'] }),
      () => (caracal.scopes as string[]).push('admin'),
      () => (caracal.targetResources as string[]).push('resource://admin'),
      () => (caracal.delegationChain as unknown[]).push({ applicationId: 'app-admin' }),
      () => Object.assign(caracal.delegationChain[0] ?? {}, { applicationId: 'app-admin' }),
      () => Object.setPrototypeOf(caracal, { requireAgent: false }),
    ]
    for (const change of changes) {
      try {
        change()
        attempts.push('changed')
      } catch (error) {
        attempts.push(error instanceof TypeError ? 'refused' : 'another error')
      }
    }
    return new Response()
  }
  const guarded = withCaracal(tamper, {
    ...issuer.options,
    routes: { '/admin': { requiredScopes: ['admin'] } },
  })
  const token = await issuer.mint()
  expect((await guarded(bearer(token))).status).toBe(200)
  expect(attempts).toEqual(new Array(6).fill('refused'))
  expect((await guarded(bearer(token, '/admin'))).status).toBe(403)
})

describe('a token that one guard has verified is not verified for another (concurrency-isolation-03):', () => {
  const zones = createZones()
  const first = { ...zones.one.options, keySet: zones.keySet }
  const other = createTestIssuer({ issuer: 'https://other-sts.test' })

  it.each<{ difference: string; second: CaracalOptions }>([
    { difference: 'another audience', second: { ...first, audience: 'resource://other' } },
    { difference: 'another zone', second: { ...first, expectedZoneId: 'zone-2' } },
    { difference: 'another issuer', second: { ...first, issuer: other.issuer } },
    { difference: 'another issuer and its keys', second: other.options },
    { difference: 'another use', second: { ...first, requiredUse: 'session' } },
  ])('$difference', async ({ second }) => {
    const token = await zones.one.mint()
    const guards = [first, second].map((options) => withCaracal(() => new Response(), options))
    const statuses: number[] = []
    for (const guard of [...guards, ...guards]) statuses.push((await guard(bearer(token))).status)
    expect(statuses).toEqual([200, 401, 200, 401])
  })

  it('nor to another route of the same guard', async () => {
    const routes: CaracalOptions['routes'] = {
      '/audience': { audience: 'resource://other' },
      '/zone': { expectedZoneId: 'zone-2' },
      '/issuer': { issuer: 'https://other-sts.test' },
      '/use': { requiredUse: 'session' },
      '/scope': { requiredScopes: ['admin'] },
    }
    const guarded = withCaracal(() => new Response(), { ...first, routes })
    const token = await zones.one.mint()
    const statuses: number[] = []
    for (const path of ['/', '/audience', '/zone', '/issuer', '/use', '/scope', '/']) {
      statuses.push((await guarded(bearer(token, path))).status)
    }
    expect(statuses).toEqual([200, 401, 401, 401, 401, 403, 200])
  })
})

it('two guards made from the same options object each keep their own audience (config-09)', async () => {
  const { audience: _, ...shared } = issuer.options
  const options = { ...shared, routes: { '/admin': { requiredScopes: ['admin'] } }, exclude: ['/open'] }
  const seen: (Mandate | undefined)[] = []
  const handler = (request: Request) => {
    seen.push(mandateOf(request))
    return new Response()
  }
  const a = withCaracal(handler, { ...options, audience: 'resource://a' })
  const b = withCaracal(handler, { ...options, audience: 'resource://b' })
  const statuses: number[] = []
  for (const audience of ['resource://a', 'resource://b', 'resource://a']) {
    const token = await issuer.mint({ audience })
    for (const guarded of [a, b]) statuses.push((await guarded(bearer(token))).status)
  }
  expect(statuses).toEqual([200, 401, 401, 200, 200, 401])
  expect(seen.map((mandate) => mandate?.audience)).toEqual([
    ['resource://a'],
    ['resource://b'],
    ['resource://a'],
  ])
})

it('a flood of bad tokens causes one key fetch and no store call (resource-exhaustion-08)', {
  tags: 'slow',
  timeout: 60_000,
}, async () => {
  let fetches = 0
  let lookups = 0
  const guarded = withCaracal(() => new Response(), {
    ...issuer.options,
    keySet: {
      async fetch(url, init) {
        fetches += 1
        return issuer.handler(new Request(url, init))
      },
    },
    revocations: {
      lookup() {
        lookups += 1
        return { revoked: false, delegationEpoch: 0 }
      },
    },
  })
  const [header, payload, signature] = (await issuer.mint({ key: 'forged' })).split('.')
  const encoded = (index: number) =>
    btoa(JSON.stringify({ alg: 'ES256', kid: `${index}` })).replace(/=+$/, '')
  for (let index = 0; index < 2000; index += 1) {
    const tokens = [
      `word-${index}`,
      `${encoded(index)}.${payload}.${signature}`,
      `${header}.${index}x.${signature}`,
    ]
    for (const token of tokens) expect((await guarded(bearer(token))).status).toBe(401)
  }
  expect([fetches <= 2, lookups]).toEqual([true, 0])
})
