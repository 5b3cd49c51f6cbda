// Other names of a route: they add its rule to those of the path itself, and never exclude a path or remove a rule.

import { createMandateVerifier } from 'caracal-edge'
import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { EVERY_RULE, heldTo, notAskedOf, pathOptions } from '../support/path-rules.ts'
import { anonymous, rawRequest } from '../support/requests.ts'

const issuer = createTestIssuer()
const ROUTES = {
  '/admin': 'admin',
  '/admin/audit': 'audit',
  '/Reports': 'reports',
  '/straße': 'street',
  '/api/v1.2': 'v1.2',
  '/a/b/c': 'abc',
}
const EXCLUDE = [
  '/health',
  '/favicon.ico',
  '/admin/public',
  '/admin/logo.png',
  '/base/health',
  '/api/healthz',
]
const verifier = createMandateVerifier(pathOptions(issuer.options, ROUTES, EXCLUDE))

describe('in another case', () => {
  it.each([
    { path: '/ADMIN', rules: ['default', 'admin'] },
    { path: '/Admin/x', rules: ['default', 'admin'] },
    { path: '/admin/AUDIT', rules: ['admin', 'audit'] },
    { path: '/admin/Audit/x', rules: ['admin', 'audit'] },
    { path: '/admin/X', rules: ['admin'] },
    { path: '/reports', rules: ['default', 'reports'] },
    { path: '/Reports', rules: ['reports'] },
    { path: '/STRASSE', rules: ['default', 'street'] },
    { path: '/%53TRA%C3%9Fe', rules: ['default', 'street'] },
    { path: '/ADM%C4%B0N', rules: ['default'] },
    { path: '/X/ADMIN', rules: ['default'] },
    { path: '/ADMINS', rules: ['default'] },
    { path: '/HEALTH', rules: ['default'] },
    { path: '/health/ADMIN', rules: ['excluded'] },
    { path: '/admin/PUBLIC', rules: ['admin'] },
    { path: '/admin/public/ADMIN', rules: ['excluded'] },
  ])('$path must meet $rules', async ({ path, rules }) => {
    expect(await heldTo(verifier, anonymous(path))).toEqual(rules)
  })

  it.each(['/%41DMIN', '/x/..%2FADMIN', '/ADMIN%2Fx', '//ADMIN', '/ADMIN;x', '/ad\u017fmin/../ADMIN'])(
    '%s must meet the rule of /admin too',
    async (path) => {
      expect(notAskedOf(await heldTo(verifier, anonymous(path)), ['admin'])).toEqual([])
    },
  )
})

describe('without its suffix', () => {
  it.each([
    { path: '/admin.data', rules: ['default', 'admin'] },
    { path: '/ADMIN.data', rules: ['default', 'admin'] },
    { path: '/admin.data.data', rules: ['default', 'admin'] },
    { path: '/admin.data/', rules: ['default', 'admin'] },
    { path: '/admin/.data', rules: ['admin'] },
    { path: '/admin.data/.data', rules: ['default', 'admin'] },
    { path: '/admin.data/.data//.data/', rules: ['default', 'admin'] },
    { path: '/admin.data/x.data', rules: ['default'] },
    { path: '/admin/_.data', rules: ['admin'] },
    { path: '/admin/audit.json', rules: ['admin', 'audit'] },
    { path: '/admin.x/y', rules: ['default'] },
    { path: '/api/v1.2', rules: ['v1.2'] },
    { path: '/api/v1.2.json', rules: ['default', 'v1.2'] },
    { path: '/x.data', rules: ['default'] },
    { path: '/health.json', rules: ['default'] },
    { path: '/favicon.ico', rules: ['excluded'] },
    { path: '/health/app.js', rules: ['excluded'] },
    { path: '/base/health', rules: ['excluded'] },
    { path: '/api/healthz', rules: ['excluded'] },
    { path: '/admin/public/app.js', rules: ['excluded'] },
    { path: '/admin/logo.png', rules: ['excluded'] },
    { path: '/admin/logo.data', rules: ['admin'] },
    { path: '/admin/public.data', rules: ['admin'] },
  ])('$path must meet $rules', async ({ path, rules }) => {
    expect(await heldTo(verifier, anonymous(path))).toEqual(rules)
  })

  it.each(['/%61dmin.data', '/admin%2Edata', '/x/..%2Fadmin.data', '/admin%2F.data'])(
    '%s must meet the rule of /admin too',
    async (path) => {
      expect(notAskedOf(await heldTo(verifier, anonymous(path)), ['admin'])).toEqual([])
    },
  )

  it.each([
    '/health/...data',
    '/admin/public/...data',
    '/admin/public/.%2e.data',
    '/health/%2e%2e%2edata',
    '/health/....',
    '/health/...data/.data',
  ])('%s hides a dot segment, and must meet every rule', async (path) => {
    expect(await heldTo(verifier, anonymous(path))).toEqual([EVERY_RULE])
  })

  it('a last segment with more suffixes than any file has must meet every rule', async () => {
    expect(await heldTo(verifier, anonymous(`/health/x${'.y'.repeat(16)}`))).toEqual(['excluded'])
    expect(await heldTo(verifier, anonymous(`/health/x${'.y'.repeat(17)}`))).toEqual([EVERY_RULE])
  })
})

describe('as Next.js routes it', () => {
  const fromNext = (path: string, nextUrl: unknown) => Object.assign(rawRequest(path), { nextUrl })

  it.each([
    { path: '/fr/admin', nextUrl: { pathname: '/admin', locale: 'fr' }, rules: ['default', 'admin'] },
    { path: '/base/admin', nextUrl: { pathname: '/admin', locale: 'en' }, rules: ['default', 'admin'] },
    {
      path: '/fr/base/fr/admin',
      nextUrl: { pathname: '/base/fr/admin', locale: 'fr' },
      rules: ['default', 'admin'],
    },
    {
      path: '/de-AT/base/de-at/ADMIN',
      nextUrl: { pathname: '/base/de-at/ADMIN', locale: 'de-AT' },
      rules: ['default', 'admin'],
    },
    { path: '/base/x', nextUrl: { pathname: '/%61dmin' }, rules: ['default', 'admin'] },
    { path: '/base/x', nextUrl: { pathname: 'admin' }, rules: ['default', 'admin'] },
    { path: '/_next/data/id/admin.json', nextUrl: undefined, rules: ['default', 'admin'] },
    {
      path: '/base/_next/data/id/admin/audit.json',
      nextUrl: undefined,
      rules: ['default', 'admin', 'audit'],
    },
    {
      path: '/base/_next/data/id/fr/admin.json',
      nextUrl: { pathname: '/_next/data/id/fr/admin.json', locale: 'fr' },
      rules: ['default', 'admin'],
    },
    {
      path: '/base/_next/data/id/fr/admin.json/',
      nextUrl: { pathname: '/_next/data/id/fr/admin.json/', locale: 'en' },
      rules: ['default', 'admin'],
    },
    { path: '/a/_next/data/id/fr/b/c.json', nextUrl: undefined, rules: ['default', 'abc'] },
    { path: '/_next/data/id/x/y/z/admin.json', nextUrl: undefined, rules: ['default'] },
    { path: '/_next/data/admin', nextUrl: undefined, rules: ['default'] },
    {
      path: '/_next/data/id/index/fr/admin.json',
      nextUrl: { pathname: '/_next/data/id/index/fr/admin.json', locale: 'en' },
      rules: ['default', 'admin'],
    },
    { path: '/admin.segments/_tree.segment.rsc', nextUrl: undefined, rules: ['default', 'admin'] },
    { path: '/admin.segments/admin/__PAGE__.segment', nextUrl: undefined, rules: ['default', 'admin'] },
    { path: '/admin.segments/_tree', nextUrl: undefined, rules: ['default', 'admin'] },
    { path: '/x.segments/y.segments/_tree', nextUrl: undefined, rules: ['default'] },
    { path: '/admin.segments/y.segments/_tree', nextUrl: undefined, rules: ['default', 'admin'] },
    { path: '/fr/health', nextUrl: { pathname: '/health', locale: 'fr' }, rules: ['default'] },
    { path: '/base/health', nextUrl: { pathname: '/health', basePath: '/base' }, rules: ['excluded'] },
    { path: '/health', nextUrl: { pathname: '/health', locale: 'en' }, rules: ['excluded'] },
    { path: '/health', nextUrl: { pathname: '/admin', locale: '' }, rules: ['admin'] },
    { path: '/health', nextUrl: 'https://x/admin', rules: ['excluded'] },
    { path: '/health', nextUrl: null, rules: ['excluded'] },
    { path: '/health', nextUrl: { pathname: 7 }, rules: ['excluded'] },
  ])('$path with $nextUrl must meet $rules', async ({ path, nextUrl, rules }) => {
    expect(await heldTo(verifier, fromNext(path, nextUrl))).toEqual(rules)
  })

  it.each([
    {
      title: 'throws',
      nextUrl: {
        get pathname() {
          throw new Error('broken')
        },
      },
    },
    { title: 'is too odd', nextUrl: { pathname: '/%61'.repeat(700) } },
    { title: 'has a locale at every segment', nextUrl: { pathname: '/fr'.repeat(300), locale: 'fr' } },
  ])('a reading of Next.js that $title must meet every rule', async ({ nextUrl }) => {
    expect(await heldTo(verifier, fromNext('/health', nextUrl))).toEqual([EVERY_RULE])
  })
})

describe('below the path where caracal() is mounted in Hono', () => {
  const guard = caracal(pathOptions(issuer.options, { '/payouts': 'payouts' }, ['/api/open', '/open']))
  const sub = () => new Hono().use(guard).all('*', (c) => c.text('reached'))
  const MOUNTS: Readonly<Record<string, { fetch(request: Request): Response | Promise<Response> }>> = {
    "route('/api')": new Hono().route('/api', sub()),
    "basePath('/api')": new Hono()
      .basePath('/api')
      .use(guard)
      .all('*', (c) => c.text('reached')),
    "route('/v1'), route('/api')": new Hono().route('/v1', new Hono().route('/api', sub())),
    "route('/t/:tenant')": new Hono().route('/t/:tenant', sub()),
    "route('/:lang?')": new Hono().route('/:lang?', sub()),
    "route('/:rest{.+}/api')": new Hono().route('/:rest{.+}/api', sub()),
    "route('/api') with the guard on a path": new Hono().route(
      '/api',
      new Hono()
        .use('/payouts/*', guard)
        .use('/open/*', guard)
        .all('*', (c) => c.text('reached')),
    ),
  }

  it.each([
    { mount: "route('/api')", path: '/api/payouts', needs: 'payouts default' },
    { mount: "route('/api')", path: '/api/PAYOUTS/7', needs: 'payouts default' },
    { mount: "route('/api')", path: '/api/%70ayouts', needs: 'payouts default' },
    { mount: "route('/api')", path: '/api//payouts', needs: 'payouts default' },
    { mount: "route('/api')", path: '/api/x', needs: 'default' },
    { mount: "route('/api')", path: '/api/x/payouts', needs: 'default' },
    { mount: "route('/api')", path: '/api/open', needs: 'excluded' },
    { mount: "basePath('/api')", path: '/api/payouts/7', needs: 'payouts default' },
    { mount: "basePath('/api')", path: '/api/open', needs: 'excluded' },
    { mount: "route('/v1'), route('/api')", path: '/v1/api/payouts', needs: 'payouts default' },
    { mount: "route('/v1'), route('/api')", path: '/v1/api/open', needs: 'default' },
    { mount: "route('/t/:tenant')", path: '/t/acme/payouts', needs: 'payouts default' },
    { mount: "route('/t/:tenant')", path: '/t/ac%2fme/payouts', needs: 'payouts default' },
    { mount: "route('/t/:tenant')", path: '/t/acme/x', needs: 'default' },
    { mount: "route('/:lang?')", path: '/payouts', needs: 'payouts' },
    { mount: "route('/:lang?')", path: '/de/payouts', needs: 'payouts default' },
    { mount: "route('/:rest{.+}/api')", path: '/a/b/api/payouts', needs: 'payouts default' },
    { mount: "route('/api') with the guard on a path", path: '/api/payouts/7', needs: 'payouts default' },
  ])('$mount: $path requires $needs', async ({ mount, path, needs }) => {
    const app = MOUNTS[mount]
    if (app === undefined) throw new Error('There is no such mount.')
    const statusWith = async (scopes: readonly string[]) => {
      const authorization = `Bearer ${await issuer.mint({ scopes })}`
      return (await app.fetch(anonymous(path, { headers: { authorization } }))).status
    }
    expect((await app.fetch(anonymous(path))).status).toBe(needs === 'excluded' ? 200 : 401)
    if (needs === 'excluded') return
    const scopes = needs.split(' ')
    expect(await statusWith(scopes)).toBe(200)
    for (const scope of scopes) expect(await statusWith(scopes.filter((one) => one !== scope))).toBe(403)
  })
})
