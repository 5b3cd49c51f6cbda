// Which rules a path is held to: `exactly` one where it can be read in one way only, `atLeast` those of every reading.

import { type CaracalOptions, createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import oddPaths from './odd-paths.json' with { type: 'json' }
import paths from './paths.json' with { type: 'json' }
import { heldTo, pathOptions } from './support/path-rules.ts'
import { anonymous, bearer, rawRequest } from './support/requests.ts'

interface Table {
  readonly title: string
  readonly routes?: Readonly<Record<string, string>>
  readonly exclude?: readonly string[]
  readonly exactly: Readonly<Record<string, string>>
  readonly atLeast?: Readonly<Record<string, string>>
}

const ODD_PATHS: readonly Table[] = oddPaths.map((table) => ({
  ...table,
  routes: { '/admin': 'admin', '/api/v1': 'v1' },
  exclude: ['/health'],
}))
const TABLES: readonly Table[] = [...(paths as readonly Table[]), ...ODD_PATHS]
const issuer = createTestIssuer()

describe.each(TABLES)('$title:', ({ routes = {}, exclude = [], exactly, atLeast = {} }) => {
  const options = pathOptions(issuer.options, routes, exclude)
  const verifier = createMandateVerifier(options)

  it.each(Object.entries(exactly))('%s is held to %s', async (path, rule) => {
    expect(await heldTo(verifier, anonymous(path))).toEqual([rule])
    expect(await heldTo(verifier, rawRequest(path))).toEqual([rule])
    if (rule === 'excluded') return
    const others = ['default', ...Object.values(routes)].filter((other) => other !== rule)
    const admitted = await verifier.authorize(bearer(await issuer.mint({ scopes: [rule] }), path))
    const refused = await verifier.authorize(bearer(await issuer.mint({ scopes: others }), path))
    expect([admitted.outcome, refused.outcome]).toEqual(['admit', 'deny'])
  })

  it.each(Object.entries(atLeast))('%s is held to %s at least', async (path, rules) => {
    for (const request of [anonymous(path), rawRequest(path)]) {
      expect(await heldTo(verifier, request)).toEqual(expect.arrayContaining(rules.split(' ')))
    }
  })
})

describe('an object that stands in for a request', () => {
  const verifier = createMandateVerifier(pathOptions(issuer.options, { '/admin': 'admin' }, ['/health']))

  it.each([
    { url: '/admin/x', rule: 'admin' },
    { url: '/health', rule: 'excluded' },
    { url: '/x?u=http://api.test/health', rule: 'default' },
    { url: '/http://api.test/health', rule: 'default' },
    { url: 'admin/x', rule: 'admin' },
    { url: 'x?u=http://api.test/health', rule: 'default' },
    { url: 'x/http://api.test/health', rule: 'default' },
    { url: '?/health', rule: 'default' },
    { url: '', rule: 'default' },
    { url: 'http://api.test', rule: 'default' },
    { url: 'http://health', rule: 'default' },
    { url: 'http://api.test?/health', rule: 'default' },
    { url: 'http://api.test#/health', rule: 'default' },
    { url: 'http://user:secret@api.test:8080/health', rule: 'excluded' },
    { url: 'http://[::1]:8080/admin', rule: 'admin' },
  ])('is held to $rule at $url', async ({ url, rule }) => {
    expect(await heldTo(verifier, { ...rawRequest('/'), url } as Request)).toContain(rule)
  })
})

describe('the longest prefix wins in any order of declaration (path-route-exclude-17):', () => {
  const prefixes = ['/a', '/a/b', '/a/b/c'] as const
  const orders = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ] as const

  it.each(orders)('%i %i %i', async (...order) => {
    const declared = order.map((index) => [`${prefixes[index]}${'/'.repeat(3 - index)}`, prefixes[index]])
    const verifier = createMandateVerifier(pathOptions(issuer.options, Object.fromEntries(declared), []))
    const held = ['/a/b/c/d', '/a/bc', '/a', '/a/b', '/ab'].map((path) => heldTo(verifier, anonymous(path)))
    expect(await Promise.all(held)).toEqual([['/a/b/c'], ['/a'], ['/a'], ['/a/b'], ['default']])
  })
})

describe('a path that can be read in several ways', () => {
  const options = pathOptions(issuer.options, { '/admin': 'admin' }, ['/health'])
  const verifier = createMandateVerifier(options)

  it.each(['/%61dmin', '/admin%2Fx', '//admin', '/admin;x'])(
    '%s needs the scopes of all readings',
    async (path) => {
      const outcomes = [['default'], ['admin'], ['default', 'admin']].map(async (scopes) => {
        return (await verifier.authorize(bearer(await issuer.mint({ scopes }), path))).outcome
      })
      expect(await Promise.all(outcomes)).toEqual(['deny', 'deny', 'admit'])
    },
  )

  it('is excluded when all its readings are', async () => {
    for (const path of ['/health/%61', '/health/x;y', '/health//x', '/health/%zz', '/health/a%2Fb']) {
      expect(await heldTo(verifier, rawRequest(path)), path).toEqual(['excluded'])
    }
  })

  it('asks each of the stores of its rules once', async () => {
    const stores = [1, 2].map(() => ({ lookup: vi.fn(() => ({ revoked: false, delegationEpoch: 0 })) }))
    const [first = issuer.revocations, second = issuer.revocations] = stores
    const routes: CaracalOptions['routes'] = { '/b': { revocations: second }, '/c': {} }
    const twice = createMandateVerifier({ ...issuer.options, revocations: first, routes })
    const calls = async (path: string) => {
      const decision = await twice.authorize(bearer(await issuer.mint(), path))
      expect(decision.outcome).toBe('admit')
      return stores.map(({ lookup }) => lookup.mock.calls.splice(0).length)
    }
    expect(await calls('/x')).toEqual([1, 0])
    expect(await calls('/b')).toEqual([0, 1])
    expect(await calls('/%62')).toEqual([1, 1])
    expect(await calls('/%63')).toEqual([1, 0])
  })

  it('is refused where a single store says revoked', async () => {
    const revoked = { lookup: () => ({ revoked: true, delegationEpoch: 0 }) }
    const guard = createMandateVerifier({ ...issuer.options, routes: { '/b': { revocations: revoked } } })
    const outcomes = ['/x', '/b', '/%62'].map(async (path) => {
      return (await guard.authorize(bearer(await issuer.mint(), path))).outcome
    })
    expect(await Promise.all(outcomes)).toEqual(['admit', 'deny', 'deny'])
  })
})

describe('a route can have its own', () => {
  const other = createTestIssuer({
    issuer: 'https://other-sts.test',
    zoneId: 'zone-2',
    audience: 'resource://other',
  })
  const fetch = async (url: string, init: RequestInit) =>
    (url.startsWith(other.issuer) ? other : issuer).handler(new Request(url, init))
  const routes: CaracalOptions['routes'] = {
    '/audience': { audience: other.audience },
    '/origin': { issuer: other.issuer, expectedZoneId: other.zoneId },
    '/zones': { expectedZoneId: ['zone-2', 'zone-1'] },
  }
  const verifier = createMandateVerifier({ ...issuer.options, keySet: { fetch }, routes })

  it.each([
    { own: 'audience', path: '/audience', by: issuer, audience: other.audience, elsewhere: '/x' },
    { own: 'issuer and zone', path: '/origin', by: other, audience: issuer.audience, elsewhere: '/x' },
    { own: 'list of zones', path: '/zones', by: issuer, audience: issuer.audience, elsewhere: '/audience' },
  ])('$own, which holds there and nowhere else', async ({ path, by, audience, elsewhere }) => {
    const token = await by.mint({ audience })
    const outcomes = [path, elsewhere, `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`].map(
      async (each) => (await verifier.authorize(bearer(token, each))).outcome,
    )
    // The odd spelling is held to the default as well, which only a mandate that is good for both can meet.
    expect(await Promise.all(outcomes)).toEqual(['admit', 'deny', path === '/zones' ? 'admit' : 'deny'])
  })

  it('requirements, each of which replaces the default alone', async () => {
    const guard = createMandateVerifier({
      ...issuer.options,
      requiredScopes: ['read'],
      requireAgent: true,
      routes: { '/open-to-users': { requireAgent: false }, '/admin': { requiredScopes: ['admin'] } },
    })
    const user = await issuer.mint({ agent: false, scopes: ['read'] })
    const reasons = ['/x', '/open-to-users', '/admin'].map(async (path) => {
      const decision = await guard.authorize(bearer(user, path))
      return decision.outcome === 'deny' ? decision.reason : decision.outcome
    })
    expect(await Promise.all(reasons)).toEqual(['agent_required', 'admit', 'insufficient_scope'])
  })

  it('requirements, which it does not take from a shorter route', async () => {
    const nested = {
      '/api': { requiredScopes: ['api'] },
      '/api/x': { requiredScopes: [], requireAgent: true },
    }
    const guard = createMandateVerifier({ ...issuer.options, routes: nested })
    expect((await guard.authorize(bearer(await issuer.mint({ scopes: [] }), '/api/x'))).outcome).toBe('admit')
    const user = await issuer.mint({ agent: false, scopes: ['api'] })
    expect(await guard.authorize(bearer(user, '/api/x'))).toMatchObject({ code: 'agent_required' })
  })
})
