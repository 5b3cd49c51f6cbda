// In a part of an app, paths are relative to that part: the `routes` of a guard can be, too.

import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const reader = await issuer.mint({ scopes: ['read'] })
const admin = await issuer.mint({ scopes: ['read', 'admin'] })

const guard = (exclude: readonly string[] = []) =>
  caracal({
    ...issuer.options,
    requiredScopes: ['read'],
    routes: { '/payouts': { requiredScopes: ['admin'] } },
    exclude,
  })

const withRoutes = <Env extends object>(app: Hono<Env>) =>
  app
    .get('/payouts', (c) => c.text('payouts'))
    .get('/payouts/:id', (c) => c.text('payout'))
    .get('*', (c) => c.text('other'))

const guarded = (exclude?: readonly string[]) => withRoutes(new Hono().use(guard(exclude)))

interface App {
  fetch(request: Request): Response | Promise<Response>
}

const statusOf = async (app: App, path: string, token?: string) =>
  (await app.fetch(token === undefined ? anonymous(path) : bearer(token, path))).status

describe.each<{ way: string; app: App; below: string }>([
  { way: "route('/api', …)", app: new Hono().route('/api', guarded()), below: '/api' },
  { way: "route('/api/', …)", app: new Hono().route('/api/', guarded()), below: '/api' },
  { way: "basePath('/api')", app: withRoutes(new Hono().basePath('/api').use(guard())), below: '/api' },
  {
    way: 'route within route',
    app: new Hono().route('/v1', new Hono().route('/api', guarded())),
    below: '/v1/api',
  },
  { way: 'a parameter', app: new Hono().route('/t/:tenant', guarded()), below: '/t/acme' },
  {
    way: 'a parameter with a slash in it',
    app: new Hono().route('/t/:tenant', guarded()),
    below: '/t/ac%2fme',
  },
  {
    way: 'a parameter with a pattern',
    app: new Hono().route('/t/:tenant{[a-z]+}', guarded()),
    below: '/t/acme',
  },
  { way: 'a parameter that reads like a route', app: new Hono().route('/:any', guarded()), below: '/x' },
  {
    way: 'the guard on a path of its own',
    app: new Hono().route('/api', withRoutes(new Hono().use('/payouts/*', guard()).use('/x', guard()))),
    below: '/api',
  },
  {
    way: 'the guard on one route',
    app: new Hono().route(
      '/api',
      new Hono()
        .get('/payouts/:id?', guard(), (c) => c.text('payouts'))
        .get('/x', guard(), (c) => c.text('x')),
    ),
    below: '/api',
  },
  { way: 'mount', app: new Hono().mount('/api', guarded().fetch), below: '/api' },
])('in a part of an app, by $way', ({ app, below }) => {
  it.each(['/payouts', '/payouts/7', '/%70ayouts', '/payouts/%37'])(
    "%s must meet its route's requirements",
    async (path) => {
      expect(await statusOf(app, below + path)).toBe(401)
      expect(await statusOf(app, below + path, reader)).toBe(403)
      expect(await statusOf(app, below + path, admin)).toBe(200)
    },
  )

  it("everything else must meet the guard's requirements", async () => {
    expect(await statusOf(app, `${below}/x`)).toBe(401)
    expect(await statusOf(app, `${below}/x`, reader)).toBe(200)
  })
})

describe('an excluded path in a part of an app', () => {
  const app = (exclude: string) => new Hono().route('/api', guarded([exclude]))

  it('is written as a whole path', async () => {
    expect(await statusOf(app('/api/healthz'), '/api/healthz')).toBe(200)
    expect(await statusOf(app('/api/healthz'), '/api/healthz/live')).toBe(200)
    expect(await statusOf(app('/api/healthz'), '/api/health')).toBe(401)
  })

  it('never matches relative to that part', async () => {
    expect(await statusOf(app('/healthz'), '/api/healthz')).toBe(401)
  })
})

it('a route that is written as a whole path also works in a part of an app', async () => {
  const app = new Hono().route(
    '/api',
    withRoutes(
      new Hono().use(
        caracal({
          ...issuer.options,
          requiredScopes: ['read'],
          routes: { '/api/payouts': { requiredScopes: ['admin'] } },
        }),
      ),
    ),
  )
  expect(await statusOf(app, '/api/payouts', reader)).toBe(403)
  expect(await statusOf(app, '/api/payouts', admin)).toBe(200)
  expect(await statusOf(app, '/api/x', reader)).toBe(200)
})
