// `caracal()` in front of Hono's routes: where the mandate is found, and several guards on one route.

import { mandateOf } from 'caracal-edge'
import { type CaracalEnv, type CaracalHonoOptions, caracal, type OptionalCaracalEnv } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { CLEAN, recordingStore } from '../support/recording-store.ts'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()

/** An app behind all of these guards, in this order, that answers with the subject of the mandate. */
function guardedBy(...guards: readonly Partial<CaracalHonoOptions>[]) {
  const app = new Hono<OptionalCaracalEnv>()
  for (const options of guards) app.use(caracal({ ...issuer.options, ...options }))
  return app.get('*', (c) => c.text(c.var.caracal?.sub ?? 'nobody'))
}

const outcomeOf = async (response: Response | Promise<Response>) => {
  const { status } = await response
  return status === 200 ? (await response).text() : status
}

describe('an admitted request', () => {
  it('has one mandate in the context, the same for everyone who reads it', async () => {
    const app = new Hono<CaracalEnv>()
    app.use(caracal(issuer.options))
    app.get('/x', (c) => {
      const { caracal } = c.var
      return c.json([caracal.sub, c.get('caracal') === caracal, mandateOf(c.req.raw) === caracal])
    })
    expect(await (await app.fetch(bearer(await issuer.mint({ claims: { sub: 'user-7' } })))).json()).toEqual([
      'user-7',
      true,
      true,
    ])
  })

  it('needs no bindings and no execution context', async () => {
    const app = guardedBy({})
    const headers = { authorization: `Bearer ${token}` }
    expect(await outcomeOf(app.request('/x', { headers }))).toBe('user-1')
    expect(await outcomeOf(app.request('/x'))).toBe(401)
  })

  it('that no route matches gets a 404, but only if it is admitted', async () => {
    const app = new Hono().use(caracal(issuer.options))
    expect((await app.fetch(bearer(token))).status).toBe(404)
    expect((await app.fetch(anonymous())).status).toBe(401)
  })

  it('sees only its own mandate, among 200 at the same time', async () => {
    const wait = () => new Promise((resolve) => setTimeout(resolve, Math.random() * 5))
    const app = new Hono<CaracalEnv>()
    app.use(caracal({ ...issuer.options, revocations: recordingStore(() => wait().then(() => CLEAN)) }))
    app.get('/x', async (c) => {
      await wait()
      return c.json([c.var.caracal.sub, mandateOf(c.req.raw)?.sub])
    })
    const names = Array.from({ length: 200 }, (_, index) => `user-${index}`)
    const seen = await Promise.all(
      names.map(async (sub) => (await app.fetch(bearer(await issuer.mint({ claims: { sub } })))).json()),
    )
    expect(seen).toEqual(names.map((sub) => [sub, sub]))
  })

  it('on an excluded path has no mandate, whatever token it has', async () => {
    const app = guardedBy({ exclude: ['/open'] })
    for (const request of [anonymous('/open'), bearer(token, '/open'), bearer('hunter2', '/open')]) {
      expect(await outcomeOf(app.fetch(request))).toBe('nobody')
      expect(mandateOf(request)).toBeUndefined()
    }
  })
})

describe('of several guards on a route', () => {
  const admin = { requiredScopes: ['admin'] }

  it.each([
    { order: 'the stricter comes last', guards: [{}, admin] },
    { order: 'the stricter comes first', guards: [admin, {}] },
  ])('all must admit the request: $order', async ({ guards }) => {
    const app = guardedBy(...guards)
    expect(await outcomeOf(app.fetch(anonymous()))).toBe(401)
    expect(await outcomeOf(app.fetch(bearer(token)))).toBe(403)
    expect(await outcomeOf(app.fetch(bearer(await issuer.mint({ scopes: ['admin'] }))))).toBe('user-1')
  })

  it.each([
    { order: 'the last', guards: [{}, { exclude: ['/x'] }], says: 'nobody' },
    { order: 'the first', guards: [{ exclude: ['/x'] }, {}], says: 'user-1' },
  ])(
    '$order excludes the path only for itself, and the last guard decides whether there is a mandate',
    async (order) => {
      const app = guardedBy(...order.guards)
      expect(await outcomeOf(app.fetch(anonymous()))).toBe(401)
      const request = bearer(token)
      expect(await outcomeOf(app.fetch(request))).toBe(order.says)
      expect(mandateOf(request)?.sub ?? 'nobody').toBe(order.says)
    },
  )

  it('each requires its own audience', async () => {
    const app = guardedBy({ audience: 'resource://a' }, { audience: 'resource://b' })
    const outcomes: unknown[] = []
    for (const audience of [['resource://a'], ['resource://b'], ['resource://b', 'resource://a']]) {
      outcomes.push(await outcomeOf(app.fetch(bearer(await issuer.mint({ audience })))))
    }
    expect(outcomes).toEqual([401, 401, 'user-1'])
  })

  it('each asks its own store, up to the first that refuses', async () => {
    const stores = [
      recordingStore(),
      recordingStore(() => ({ revoked: true, delegationEpoch: 0 })),
      recordingStore(),
    ]
    const app = guardedBy(...stores.map((revocations) => ({ revocations })))
    expect(await outcomeOf(app.fetch(bearer(token)))).toBe(401)
    expect(stores.map(({ queries }) => queries.length)).toEqual([1, 1, 0])
  })

  it.each([
    { order: 'the narrower first', paths: ['/admin/*', '*'] },
    { order: 'the wider first', paths: ['*', '/admin/*'] },
  ])('both apply to the inner of nested paths, and one beside it: $order', async ({ paths }) => {
    const app = new Hono()
    for (const path of paths) {
      app.use(path, caracal({ ...issuer.options, ...(path !== '*' && admin) }))
    }
    app.get('*', (c) => c.text('reached'))
    const reached: unknown[] = []
    for (const path of ['/x', '/admin', '/admin/x', '/administrator']) {
      reached.push(await outcomeOf(app.fetch(bearer(token, path))))
    }
    expect(reached).toEqual(['reached', 403, 403, 'reached'])
  })
})

it('the order of guard and route is that of Hono: a route before the guard is not guarded', async () => {
  const app = new Hono().get('/before', (c) => c.text('open')).use(caracal(issuer.options))
  app.get('/after', (c) => c.text('reached'))
  expect(await outcomeOf(app.request('/before'))).toBe('open')
  expect(await outcomeOf(app.request('/after'))).toBe(401)
})
