// Hono reads a path in its own way, and an app can change how: both Hono's reading and the original path count.

import { mandateOf } from 'caracal-edge'
import { caracal, requireMandate } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { methodOverride } from 'hono/method-override'
import { mount } from 'hono/mount'
import { LinearRouter } from 'hono/router/linear-router'
import { PatternRouter } from 'hono/router/pattern-router'
import { RegExpRouter } from 'hono/router/reg-exp-router'
import { SmartRouter } from 'hono/router/smart-router'
import { TrieRouter } from 'hono/router/trie-router'
import { beforeAll, describe, expect, it } from 'vitest'
import oddPaths from '../request/odd-paths.json' with { type: 'json' }
import { pathOptions } from '../support/path-rules.ts'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'

const issuer = createTestIssuer()
const options = pathOptions(issuer.options, { '/admin': 'admin', '/api/v1': 'v1' }, ['/health'])
const guard = caracal(options)

/** Tokens with one of the scopes that these options require. */
const tokens: Record<string, string> = {}
beforeAll(async () => {
  for (const scope of ['default', 'admin', 'v1']) tokens[scope] = await issuer.mint({ scopes: [scope] })
})

type App = { fetch(request: Request): Response | Promise<Response> }

/** Who reaches the handlers: `anyone`, or the holders of which scope. */
async function admittedTo(app: App, path: string, method = 'GET'): Promise<readonly string[]> {
  if ((await app.fetch(anonymous(path, { method }))).status !== 401) return ['anyone']
  const admitted: string[] = []
  for (const [scope, token] of Object.entries(tokens)) {
    if ((await app.fetch(bearer(token, path, { method }))).status !== 403) admitted.push(scope)
  }
  return admitted
}

describe.each(
  Object.entries({
    RegExpRouter: () => new RegExpRouter<never>(),
    TrieRouter: () => new TrieRouter<never>(),
    SmartRouter: () => new SmartRouter<never>({ routers: [new RegExpRouter(), new TrieRouter()] }),
    LinearRouter: () => new LinearRouter<never>(),
    PatternRouter: () => new PatternRouter<never>(),
  }),
)('behind a %s', (_, router) => {
  const app = new Hono({ router: router() }).use('*', guard)
  app.get('/admin', (c) => c.text('admin')).get('/admin/*', (c) => c.text('admin'))
  app.get('/api/v1', (c) => c.text('v1')).get('/api/v1/*', (c) => c.text('v1'))
  app.get('/health', (c) => c.text('anyone')).get('/health/*', (c) => c.text('anyone'))
  app.get('*', (c) => c.text('default'))

  it('a plain path must meet its own rule', async () => {
    const held: Record<string, readonly string[]> = {}
    for (const path of ['/x', '/admin', '/admin/x', '/api/v1/', '/api/v2', '/health', '/health/x']) {
      held[path] = await admittedTo(app, path)
    }
    expect(held).toEqual({
      '/x': ['default'],
      '/admin': ['admin'],
      '/admin/x': ['admin'],
      '/api/v1/': ['v1'],
      '/api/v2': ['default'],
      '/health': ['anyone'],
      '/health/x': ['anyone'],
    })
  })

  it('an odd path reaches no handler without the scope of that handler', { tags: 'slow' }, async () => {
    const paths = oddPaths.flatMap(({ atLeast }) => Object.keys(atLeast))
    expect(paths.length).toBeGreaterThan(80)
    for (const path of paths) {
      for (const make of [anonymous, (odd: string) => rawRequest(odd)]) {
        const reached = await app.fetch(make(path))
        if (reached.status === 200) expect(await reached.text(), path).toBe('anyone')
      }
      for (const [scope, token] of Object.entries(tokens)) {
        for (const request of [bearer(token, path), rawRequest(path, token)]) {
          const reached = await app.fetch(request)
          if (reached.status === 200) expect([scope, 'anyone'], path).toContain(await reached.text())
        }
      }
    }
  })
})

describe('a path that an app changes', () => {
  const reading = (path: string) =>
    new Hono({ getPath: () => path }).use('*', guard).all('*', (c) => c.text('reached'))

  it.each([
    { came: '/x', read: '/admin', by: [] },
    { came: '/health', read: '/admin', by: ['admin'] },
    { came: '/health', read: 'admin', by: ['admin'] },
    { came: '/health', read: '/x/../admin', by: [] },
    { came: '/admin', read: '/health', by: ['admin'] },
    { came: '/api/v1', read: '/admin', by: [] },
    { came: '/admin/x', read: '/admin/y', by: ['admin'] },
    { came: '/x', read: '/health', by: ['default'] },
    { came: '/health', read: '/x', by: ['default'] },
    { came: '/health', read: '/health/x', by: ['anyone'] },
    { came: '/health', read: '/', by: ['default'] },
    { came: '/health', read: '', by: ['default'] },
  ])('$came, read as $read, must meet the rules of both: $by', async ({ came, read, by }) => {
    expect(await admittedTo(reading(read), came)).toEqual(by)
  })

  it('by removing the slash at its end must meet the same rule', async () => {
    const app = new Hono({ strict: false }).use(guard).get('*', (c) => c.text('reached'))
    expect(await admittedTo(app, '/admin/')).toEqual(['admin'])
    expect(await admittedTo(app, '/health/')).toEqual(['anyone'])
  })

  it('by adding the host in front must meet the rules of both', async () => {
    const getPath = (request: Request) => request.url.replace(/^https?:\/\/([^?]+).*$/, '/$1')
    const app = new Hono({ getPath }).use('*', caracal({ ...options, exclude: ['/api.test/health'] }))
    app.get('*', (c) => c.text('reached'))
    expect(await admittedTo(app, '/admin')).toEqual([])
    expect(await admittedTo(app, '/health')).toEqual(['default'])
  })
})

describe('an app within an app', () => {
  const leaf = () => new Hono().get('*', (c) => c.text(mandateOf(c.req.raw)?.sub ?? 'nobody'))
  const forAdmin = (path: string) => bearer(tokens.admin ?? '', path)

  it.each<{ way: string; app: App }>([
    { way: 'route', app: new Hono().use(guard).route('/admin', leaf()) },
    {
      way: 'route, the guard inside',
      app: new Hono().route('/admin', new Hono().use(guard).route('/', leaf())),
    },
    {
      way: 'basePath',
      app: new Hono()
        .basePath('/admin')
        .use(guard)
        .get('*', (c) => c.text('user-1')),
    },
    { way: 'mount', app: new Hono().use(guard).mount('/admin', leaf().fetch) },
    { way: 'mount from hono/mount', app: new Hono().use(guard).all('/admin/*', mount(leaf().fetch)) },
    {
      way: 'mount of the same request',
      app: new Hono().use(guard).mount('/admin', leaf().fetch, { replaceRequest: false }),
    },
    {
      way: 'mount of another request',
      app: new Hono()
        .use(guard)
        .mount('/admin', leaf().fetch, { replaceRequest: () => anonymous('/health') }),
    },
  ])('is guarded by the whole path: $way', async ({ app }) => {
    expect(await admittedTo(app, '/admin/x')).toEqual(['admin'])
    expect(await admittedTo(app, '/%61dmin/x')).toEqual([])
  })

  it.each<{ way: string; app: App; found: string }>([
    { way: 'route', app: new Hono().use(guard).route('/admin', leaf()), found: 'user-1' },
    {
      way: 'mount of the same request',
      app: new Hono().use(guard).mount('/admin', leaf().fetch, { replaceRequest: false }),
      found: 'user-1',
    },
    { way: 'mount of a copy', app: new Hono().use(guard).mount('/admin', leaf().fetch), found: 'nobody' },
  ])('finds the mandate with mandateOf: $way gives $found', async ({ app, found }) => {
    expect(await (await app.fetch(forAdmin('/admin/x'))).text()).toBe(found)
  })

  it.each([
    { way: 'as mount makes it', replaceRequest: undefined, by: ['default'] },
    { way: 'as it came', replaceRequest: (request: Request) => request, by: ['admin'] },
  ])(
    'that is mounted and has its own guard uses the path that it gets: $way',
    async ({ replaceRequest, by }) => {
      const inner = new Hono().use(guard).get('*', (c) => c.text('reached'))
      const outer = new Hono().mount('/admin', inner.fetch, replaceRequest && { replaceRequest })
      expect(await admittedTo(outer, '/admin/x')).toEqual(by)
    },
  )
})

describe('rules by method', () => {
  const byMethod = pathOptions(issuer.options, { 'POST /payouts': 'admin', '/payouts': 'v1' }, [
    'GET /docs',
    'OPTIONS /',
    { exact: '/' },
  ])
  const withRoutes = (app: Hono) => app.use(caracal(byMethod)).all('*', (c) => c.text(c.req.method))

  const CASES: readonly (readonly [method: string, path: string, admitted: readonly string[]])[] = [
    ['POST', '/payouts', ['admin']],
    ['GET', '/payouts/7', ['v1']],
    ['HEAD', '/payouts', ['v1']],
    ['DELETE', '/payouts', ['v1']],
    ['OPTIONS', '/payouts', ['anyone']],
    ['OPTIONS', '/x', ['anyone']],
    ['GET', '/docs', ['anyone']],
    ['HEAD', '/docs/x', ['anyone']],
    ['POST', '/docs', ['default']],
    ['GET', '/', ['anyone']],
    ['GET', '/x', ['default']],
  ]

  it.each(CASES)('%s %s is for %j', async (method, path, admitted) => {
    expect(await admittedTo(withRoutes(new Hono()), path, method)).toEqual(admitted)
  })

  it.each(['/api', '/t/:tenant'])('are those of a part of an app below %s, too', async (place) => {
    const app = new Hono().route(place, withRoutes(new Hono()))
    const below = place.replace(':tenant', 'acme')
    const both = await issuer.mint({ scopes: ['default', 'admin'] })
    const other = await issuer.mint({ scopes: ['default', 'v1'] })
    const statuses = async (method: string) => {
      const asked = [both, other].map((token) => app.fetch(bearer(token, `${below}/payouts`, { method })))
      return (await Promise.all(asked)).map(({ status }) => status)
    }
    expect(await statuses('POST')).toEqual([200, 403])
    expect(await statuses('PUT')).toEqual([403, 200])
  })

  it('are named in a refusal of requireMandate', async () => {
    const app = new Hono().use(caracal(byMethod)).use(requireMandate({ requiredScopes: ['more'] }))
    const challenge = async (method: string, scope: string) =>
      (await app.fetch(bearer(tokens[scope] ?? '', '/payouts', { method }))).headers.get('www-authenticate')
    expect(await challenge('POST', 'admin')).toContain('scope="admin more"')
    expect(await challenge('GET', 'v1')).toContain('scope="v1 more"')
  })

  it('see the method that methodOverride makes, if the guard is within its app', async () => {
    const app = new Hono()
    app.use(methodOverride({ app, header: 'X-HTTP-Method-Override' }))
    withRoutes(app)
    const headers = { 'X-HTTP-Method-Override': 'DELETE' }
    const overridden = async (scope: string) =>
      app.fetch(bearer(tokens[scope] ?? '', '/payouts', { method: 'POST', headers }))
    expect((await overridden('admin')).status).toBe(403)
    expect(await (await overridden('v1')).text()).toBe('DELETE')
  })
})
