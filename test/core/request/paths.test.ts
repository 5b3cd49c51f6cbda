// Which rules a path must meet: `exactly` one if it can be read in one way only, `atLeast` those of every reading.

import { type CaracalOptions, createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { EVERY_RULE, heldTo, notAskedOf, pathOptions } from '../support/path-rules.ts'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'
import oddPaths from './odd-paths.json' with { type: 'json' }
import paths from './paths.json' with { type: 'json' }

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

const honestUrls = [
  { url: 'http://api.test/admin', rule: 'admin' },
  { url: 'http://api.test/health', rule: 'excluded' },
  { url: "https://api.test/health?q='a'", rule: 'excluded' },
  { url: 'http://api.test/admin?u=http://api.test/health', rule: 'admin' },
  { url: 'http://api.test/admin?/../health', rule: 'admin' },
  { url: 'http://api.test/health?/../admin&x=\\"<>\ud800', rule: 'excluded' },
  { url: 'http://api.test/admin#/health', rule: 'admin' },
  { url: 'http://api.test/http://api.test/health', rule: 'default' },
  { url: 'http://API.Test:80/health', rule: 'excluded' },
  { url: 'HTTPS://API.Test:443/health', rule: 'excluded' },
  { url: 'http://api.test:8080/admin', rule: 'admin' },
  { url: 'http://api.test:443/admin', rule: 'admin' },
  { url: 'http://api.test./health', rule: 'excluded' },
  { url: 'http://xn--bcher-kva.example/health', rule: 'excluded' },
  { url: 'http://127.0.0.1:3000/health', rule: 'excluded' },
  { url: 'http://[::1]:8080/admin', rule: 'admin' },
  { url: 'http://localhost/café', rule: 'default' },
  { url: 'http://localhost/health/café', rule: 'excluded' },
  { url: 'http://localhost/health/a b/"<>`{}|^', rule: 'excluded' },
  { url: 'http+unix://%2Frun%2Fapi.sock/health', rule: 'excluded' },
]

/** Parsers disagree on where the path of these begins or what it is, or refuse the URL. */
const doubtfulUrls = [
  ...['', '/', '/admin', '/health', 'health', 'admin/x', '?/health', '//health', '//api.test/health', '*'],
  ...['http:///health/admin', 'http:///health?/admin', 'http:///health', 'http:////health'],
  ...[
    'http:/health',
    'http:health',
    'http:\\\\api.test\\health',
    '://api.test/health',
    'http//api.test/health',
  ],
  ...['http://api.test', 'http://health', 'http://api.test?/health', 'http://api.test#/health'],
  ...['http://x?/health', 'http://x#/health', 'http://x\\health/admin', 'http://x/health\\admin'],
  ...['http://@/health', 'http://x@/health', 'http://user@x/health', 'http://user:secret@x:8080/health'],
  ...['http://a@b@c/health', 'http://x\\@y/health', 'http://x:80:80/health', 'http://x:/health'],
  ...['http://x:port/health', 'http://x:99999/health', 'http://x:0080/health', 'http://:80/health'],
  ...['http://[/health', 'http://[::1/health', 'http://[::1]x/health', 'http://[0:0::1]/health'],
  ...['http://%2Fhealth/health', 'http://x%2fhealth/health', 'http://%61pi.test/health', 'http://x%/health'],
  ...[
    'http://b\u00fccher.example/health',
    'http://a\u3002b/health',
    'http://a\u00adb.test/health',
    'http://\u212a/health',
  ],
  ...[
    'http://x y/health',
    'http://x\thealth/health',
    'http://x\0/health',
    'http://x, /health',
    'http://<x>/health',
  ],
  ...['http://0x7f.1/health', 'http://127.1/health', 'http://1/health', 'http://256.1.1.1/health'],
  ...[
    'http://localhost*',
    'http://localhost /health',
    ' http://x/health',
    '\thttp://x/health',
    'http://http://x/health',
  ],
  ...['http://x/health/../admin', 'http://x/./health', 'http://x/health/.', 'http://x/health/%2e%2e/admin'],
  ...[
    'http://x/hea\tlth',
    'http://x/health\n',
    'http://x/health ',
    'http://x/health\0',
    'http://x/health/\ud800',
  ],
  ...[`http://${'a'.repeat(300)}/health`, 'javascript:/health', 'blob:http://x/health', 'data:,/health'],
].map((url) => ({ url, rule: EVERY_RULE }))

describe.each(TABLES)('$title:', ({ routes = {}, exclude = [], exactly, atLeast = {} }) => {
  const options = pathOptions(issuer.options, routes, exclude)
  const verifier = createMandateVerifier(options)

  it.each(Object.entries(exactly))('%s must meet %s', async (path, rule) => {
    expect(await heldTo(verifier, anonymous(path))).toEqual([rule])
    expect(await heldTo(verifier, rawRequest(path))).toEqual([rule])
    if (rule === 'excluded') return
    const others = ['default', ...Object.values(routes)].filter((other) => other !== rule)
    const admitted = await verifier.authorize(bearer(await issuer.mint({ scopes: [rule] }), path))
    const refused = await verifier.authorize(bearer(await issuer.mint({ scopes: others }), path))
    expect([admitted.outcome, refused.outcome]).toEqual(['admit', 'deny'])
  })

  it.each(Object.entries(atLeast))('%s must meet %s at least', async (path, rules) => {
    for (const request of [anonymous(path), rawRequest(path)]) {
      expect(notAskedOf(await heldTo(verifier, request), rules.split(' '))).toEqual([])
    }
  })
})

describe.each([
  { title: 'honest', rows: honestUrls },
  { title: 'read in different ways by different readers', rows: doubtfulUrls },
])('a URL that is $title', ({ rows }) => {
  const verifier = createMandateVerifier(pathOptions(issuer.options, { '/admin': 'admin' }, ['/health']))

  // As JSON, because a lone surrogate in a title stops the reporter.
  it.each(rows.map((row) => ({ ...row, title: JSON.stringify(row.url) })))(
    'must meet $rule at $title',
    async ({ url, rule }) => {
      expect(await heldTo(verifier, { ...rawRequest('/'), url } as Request)).toEqual([rule])
    },
  )
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

  it('is excluded if all its readings are', async () => {
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

  it('is refused if a single store says revoked', async () => {
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
  ])('$own, which applies only there', async ({ path, by, audience, elsewhere }) => {
    const token = await by.mint({ audience })
    const outcomes = [path, elsewhere, `/%${path.charCodeAt(1).toString(16)}${path.slice(2)}`].map(
      async (each) => (await verifier.authorize(bearer(token, each))).outcome,
    )
    // The odd spelling must meet the default as well, which only a mandate that is valid for both can do.
    expect(await Promise.all(outcomes)).toEqual(['admit', 'deny', path === '/zones' ? 'admit' : 'deny'])
  })

  it("requirements, each of which replaces only the guard's own", async () => {
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
