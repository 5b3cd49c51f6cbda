// A route takes missing options from the guard, not from enclosing routes. If it would then require less, it must say so.

import {
  CaracalConfigError,
  type CaracalOptions,
  createMandateVerifier,
  InMemoryRevocationStore,
  type RouteOptions,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const other = new InMemoryRevocationStore()

function mistakesIn(options: object): readonly string[] {
  try {
    createMandateVerifier({ ...issuer.options, ...options } as CaracalOptions)
    return []
  } catch (error) {
    if (!(error instanceof CaracalConfigError)) throw error
    return error.issues
  }
}

/** What an enclosing route can require, and how a nested route says explicitly that it does not. */
const STRICTER: readonly { outer: RouteOptions; explicit: RouteOptions; guard?: object }[] = [
  { outer: { requiredScopes: ['admin'] }, explicit: { requiredScopes: [] } },
  {
    outer: { requiredScopes: ['read', 'admin'] },
    explicit: { requiredScopes: ['read'] },
    guard: { requiredScopes: ['read'] },
  },
  { outer: { requiredTargets: ['t'] }, explicit: { requiredTargets: [] } },
  { outer: { requiredUse: 'session' }, explicit: { requiredUse: 'resource' } },
  { outer: { requireAgent: true }, explicit: { requireAgent: false } },
  { outer: { requireDelegation: true }, explicit: { requireDelegation: false } },
  { outer: { requireChainContains: ['app-2'] }, explicit: { requireChainContains: [] } },
  { outer: { maxHopCount: 0 }, explicit: { maxHopCount: 10 } },
  { outer: { maxHopCount: 10 }, explicit: { maxHopCount: 11 }, guard: { maxHopCount: 11 } },
  { outer: { maxLifetimeSeconds: 900 }, explicit: { maxLifetimeSeconds: 86_400 } },
  { outer: { audience: 'resource://other' }, explicit: { audience: 'resource://api' } },
  { outer: { issuer: 'https://other.test' }, explicit: { issuer: 'https://sts.test/' } },
  { outer: { expectedZoneId: 'zone-2' }, explicit: { expectedZoneId: 'zone-1' } },
  {
    outer: { expectedZoneId: ['zone-1'] },
    explicit: { expectedZoneId: ['zone-1', 'zone-2'] },
    guard: { expectedZoneId: ['zone-1', 'zone-2'] },
  },
  { outer: { revocations: other }, explicit: { revocations: issuer.revocations } },
]
const rows = STRICTER.map((row) => ({
  ...row,
  option: Object.keys(row.outer)[0] ?? '',
  text: JSON.stringify(row.outer),
}))

describe.each(rows)('below a route with $text', ({ outer, explicit, guard = {}, option }) => {
  it.each([
    { around: '/admin', nested: '/admin/audit' },
    { around: '/admin', nested: '/admin/a/b/c' },
    { around: '/', nested: '/x' },
    { around: '/admin/', nested: '//admin//audit' },
  ])('a route without it is a mistake that names both: $around, $nested', ({ around, nested }) => {
    const issues = mistakesIn({ ...guard, routes: { [around]: outer, [nested]: {} } })
    expect(issues).toEqual([
      expect.stringContaining(`routes[${JSON.stringify(nested)}] does not set ${option}`),
    ])
    expect(issues[0]).toContain(`but routes[${JSON.stringify(around)}] above it does`)
    expect(issues[0]).toContain(`Set ${option} there too`)
  })

  it('a route may require less explicitly, or the same', () => {
    for (const said of [explicit, outer]) {
      expect(mistakesIn({ ...guard, routes: { '/admin': outer, '/admin/audit': said } })).toEqual([])
    }
  })

  it('a route may leave it out if the route between the two requires less explicitly', () => {
    const routes = { '/admin': outer, '/admin/a': explicit, '/admin/a/b': {} }
    expect(mistakesIn({ ...guard, routes })).toEqual([])
  })

  it('a route may leave it out if the guard itself requires as much', () => {
    expect(mistakesIn({ ...guard, ...outer, routes: { '/admin': outer, '/admin/audit': {} } })).toEqual([])
  })

  it('a route beside it may leave it out', () => {
    expect(
      mistakesIn({ ...guard, routes: { '/admin': outer, '/administrator': {}, '/x/admin': {} } }),
    ).toEqual([])
  })

  it('a route must set it if the route between the two does not, and so must that one', () => {
    const issues = mistakesIn({ ...guard, routes: { '/a': outer, '/a/b': {}, '/a/b/c': {} } })
    expect(issues.map((issue) => issue.slice(0, issue.indexOf(' ')))).toEqual([
      'routes["/a/b"]',
      'routes["/a/b/c"]',
    ])
    for (const issue of issues) expect(issue).toContain('but routes["/a"] above it does')
  })
})

describe('with methods, each method by itself:', () => {
  const admin = { requiredScopes: ['admin'] }
  const said = { requiredScopes: [] }

  it.each<{ routes: NonNullable<CaracalOptions['routes']>; laxer?: readonly (readonly [string, string])[] }>([
    // On the same prefix.
    { routes: { '/a': admin, 'POST /a': {} }, laxer: [['POST /a', '/a']] },
    { routes: { 'GET,PUT /a': {}, '/a': admin }, laxer: [['GET,PUT /a', '/a']] },
    { routes: { '/a': admin, 'POST /a': said } },
    { routes: { '/a': {}, 'POST /a': admin } },
    { routes: { 'PUT /a': admin, 'POST /a': {} } },
    { routes: { '/A': admin, 'POST /a': {} } },
    { routes: { '/': admin, 'POST /': {} }, laxer: [['POST /', '/']] },
    // Below.
    { routes: { '/a': admin, 'POST /a/b': {} }, laxer: [['POST /a/b', '/a']] },
    { routes: { 'POST /a': admin, '/a/b': {} }, laxer: [['/a/b', 'POST /a']] },
    { routes: { 'POST /a': admin, 'POST,PUT /a/b': {} }, laxer: [['POST,PUT /a/b', 'POST /a']] },
    { routes: { 'GET /a': admin, 'HEAD /a/b': {} }, laxer: [['HEAD /a/b', 'GET /a']] },
    { routes: { 'HEAD /a': admin, 'GET /a/b': {} }, laxer: [['GET /a/b', 'HEAD /a']] },
    { routes: { 'POST /a': admin, '/A/b': {} }, laxer: [['/A/b', 'POST /a']] },
    { routes: { 'POST /a': admin, 'PUT /a/b': {} } },
    { routes: { 'POST /a': admin, '/a/b': {}, 'POST /a/b': admin } },
    { routes: { 'POST /a': admin, '/a/b': {}, 'POST /a/b': said } },
    { routes: { 'POST /a': admin, '/a/b': admin, 'POST /a/b': {} }, laxer: [['POST /a/b', '/a/b']] },
    { routes: { 'POST /': admin, '/a': {} }, laxer: [['/a', 'POST /']] },
    // The nearest one that says it counts, for each method.
    { routes: { '/a': admin, 'POST /a': said, 'POST /a/b': {} } },
    { routes: { '/a': admin, 'POST /a': said, '/a/b': {} }, laxer: [['/a/b', '/a']] },
    { routes: { '/a': admin, 'POST /a/b': said, 'POST /a/b/c': {}, '/a/b/d': admin } },
    {
      routes: { '/a': said, 'POST /a': admin, 'PUT /a': admin, '/a/b': {} },
      laxer: [
        ['/a/b', 'POST /a'],
        ['/a/b', 'PUT /a'],
      ],
    },
    { routes: { '/a': said, 'POST /a': admin, 'PUT,POST /a/b': {} }, laxer: [['PUT,POST /a/b', 'POST /a']] },
  ])('$routes', ({ routes, laxer = [] }) => {
    const issues = mistakesIn({ routes })
    expect(
      issues.map((issue) =>
        /^routes\["(.*?)"\] does not set requiredScopes, but routes\["(.*?)"\]/.exec(issue)?.slice(1),
      ),
    ).toEqual(laxer)
  })

  it('says where the stricter one is', () => {
    expect(mistakesIn({ routes: { '/a': admin, 'POST /a': {} } })[0]).toContain(
      'but routes["/a"] on the same prefix does',
    )
    expect(mistakesIn({ routes: { '/a': admin, 'POST /a/b': {} } })[0]).toContain(
      'but routes["/a"] above it does',
    )
  })

  it('a method that is excluded everywhere does not count', () => {
    const routes = { 'POST /a': admin, '/a/b': { requireAgent: true } }
    expect(mistakesIn({ routes, exclude: ['POST /a/b'] })).toEqual([])
    expect(mistakesIn({ routes })).toHaveLength(1)
  })
})

it.each<{ title: string; guard: object; outer: RouteOptions }>([
  { title: 'fewer scopes', guard: { requiredScopes: ['a', 'b'] }, outer: { requiredScopes: ['a'] } },
  { title: 'no scopes', guard: {}, outer: { requiredScopes: [] } },
  {
    title: 'the same scopes in another order',
    guard: { requiredScopes: ['a', 'b'] },
    outer: { requiredScopes: ['b', 'a'] },
  },
  { title: 'no agent', guard: { requireAgent: true }, outer: { requireAgent: false } },
  { title: 'more hops', guard: { maxHopCount: 1 }, outer: { maxHopCount: 2 } },
  { title: 'a longer life', guard: { maxLifetimeSeconds: 60 }, outer: { maxLifetimeSeconds: 61 } },
  { title: 'more zones', guard: {}, outer: { expectedZoneId: ['zone-2', 'zone-1'] } },
  { title: 'the same issuer', guard: {}, outer: { issuer: 'https://sts.test/' } },
])('a route that requires less than the guard may have routes below it: $title', ({ guard, outer }) => {
  expect(mistakesIn({ ...guard, routes: { '/a': outer, '/a/b': {} } })).toEqual([])
})

it('every option that is left out is named', () => {
  const outer = { requiredScopes: ['admin'], requireAgent: true, maxHopCount: 0 }
  const issues = mistakesIn({ routes: { '/a': outer, '/a/b': { requireAgent: true } } })
  expect(issues).toHaveLength(2)
  expect(issues.join()).toMatch(/does not set requiredScopes.*does not set maxHopCount/s)
})

it('is compared with the environment once that is known', async () => {
  const { expectedZoneId: _, ...options } = issuer.options
  const routes = { '/a': { expectedZoneId: 'zone-2' }, '/a/b': {} }
  const guarded = withCaracal(
    () => new Response('reached'),
    (_env: { readonly CARACAL_ZONE_ID: string }) => ({ ...options, routes }),
  )
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const token = await issuer.mint()
  const statuses: number[] = []
  for (const CARACAL_ZONE_ID of ['zone-1', 'zone-2']) {
    statuses.push((await guarded(bearer(token, '/a/b'), { CARACAL_ZONE_ID })).status)
  }
  // The second is valid, but the test issuer serves no keys of that zone.
  expect(statuses).toEqual([500, 503])
  expect(log.mock.calls[0]).toEqual([expect.stringContaining('does not set expectedZoneId')])
  log.mockRestore()
})

it('a nested route that explicitly requires no scope admits a mandate without one', async () => {
  const routes = {
    '/admin': { requiredScopes: ['admin'] },
    '/admin/audit': { requiredScopes: [], requireAgent: true },
  }
  const guard = createMandateVerifier({ ...issuer.options, routes })
  const token = await issuer.mint({ scopes: ['read'] })
  expect((await guard.authorize(bearer(token, '/admin/audit'))).outcome).toBe('admit')
  expect((await guard.authorize(bearer(token, '/admin'))).outcome).toBe('deny')
})

it('a route also encloses another one in different case, because some routers ignore case', () => {
  const routes = (nested: RouteOptions) => ({
    routes: { '/admin': { requiredScopes: ['admin'] }, '/Admin/audit': nested },
  })
  expect(mistakesIn(routes({ requireAgent: true }))).toEqual([
    expect.stringMatching(/^routes\["\/Admin\/audit"\] does not set requiredScopes, but routes\["\/admin"\]/),
  ])
  expect(mistakesIn(routes({ requireAgent: true, requiredScopes: ['admin'] }))).toEqual([])
})

it('a route that is not enumerable counts', async () => {
  const routes = Object.defineProperty({}, '/admin', { value: { requiredScopes: ['admin'] } })
  const verifier = createMandateVerifier({ ...issuer.options, routes })
  const decision = await verifier.authorize(bearer(await issuer.mint({ scopes: [] }), '/admin'))
  expect(decision).toMatchObject({ code: 'insufficient_scope' })
})

it.each([
  { what: 'the options', options: { [Symbol('routes')]: {} }, says: 'the options must not have a symbol' },
  { what: 'routes', options: { routes: { [Symbol('/admin')]: {} } }, says: 'routes must not have a symbol' },
  {
    what: 'a route',
    options: { routes: { '/a': { [Symbol('x')]: 1 } } },
    says: 'routes["/a"] must not have a symbol',
  },
])('a symbol as a member of $what is a mistake', ({ options, says }) => {
  expect(mistakesIn(options)).toEqual([expect.stringContaining(says)])
})
