// `requireMandate()` requires more on one route, of the mandate that `caracal()` has verified and of nothing else.

import { CaracalConfigError, type DecisionEvent, type Denial, type Requirements } from 'caracal-edge'
import {
  type CaracalEnv,
  type CaracalHonoOptions,
  caracal,
  type OptionalCaracalEnv,
  requireMandate,
} from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { decodeJwt } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { parseChallenge } from '../support/challenge.ts'
import { countedKeySet } from '../support/counted-key-set.ts'
import { recordingStore } from '../support/recording-store.ts'
import { anonymous, bearer } from '../support/requests.ts'
import { REQUIREMENT_GROUPS } from '../support/requirement-cases.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()

/** A route behind a guard with all of these requirements, one after the other. */
function asking(options: Partial<CaracalHonoOptions>, ...demands: readonly Requirements[]) {
  const app = new Hono<OptionalCaracalEnv>()
  app.use(caracal({ ...issuer.options, ...options }))
  for (const demand of demands) app.use(requireMandate(demand))
  return app.get('*', (c) => c.text('reached'))
}

afterEach(() => {
  vi.restoreAllMocks()
})

/** The cases of requirements.test.ts, except those that are not about a requirement of a route. */
const CASES = REQUIREMENT_GROUPS.flatMap(({ cases }) => cases).flatMap(({ options, ...rest }) =>
  options === undefined || /revoked|stale/.test(rest.reason) ? [] : [{ ...rest, options }],
)

describe('requires the same as the options of that name:', () => {
  it.each(CASES)('$title → $reason', async ({ mandate, options, reason }) => {
    const events: DecisionEvent[] = []
    // The guard requires as little as possible, so that the answer is that of the route.
    const { requiredUse = 'resource', ...others } = options
    const app = asking(
      { requiredUse, maxHopCount: 1_000, onDecision: (event) => events.push(event) },
      { maxHopCount: 10, ...others },
    )
    const response = await app.fetch(bearer(await issuer.mint(mandate)))
    const event = events.at(-1)
    expect(event?.outcome === 'deny' ? event.reason : 'admitted').toBe(reason)
    expect((await response.text()) === 'reached').toBe(reason === 'admitted')
  })

  it('use', async () => {
    const app = asking({}, { requiredUse: 'session' })
    expect(await (await app.fetch(bearer(token))).json()).toMatchObject({ error: 'invalid_token' })
  })
})

describe('its denial', () => {
  it('is reported as an event of the guard, after the admission, with the same request', async () => {
    const onDecision = vi.fn((_: DecisionEvent, __: Request | undefined) => {})
    const request = bearer(token)
    await asking({ onDecision }, { requiredScopes: ['admin'] }).fetch(request)
    expect(onDecision.mock.calls.map(([event, seen]) => [event, seen === request])).toEqual([
      [expect.objectContaining({ outcome: 'admit' }), true],
      [
        expect.objectContaining({
          ...{ outcome: 'deny', code: 'insufficient_scope', reason: 'insufficient_scope' },
          ...{ requiredScopes: ['admin'], sub: 'user-1', clientId: 'app-1', zoneId: 'zone-1' },
          jti: decodeJwt(token).jti,
        }),
        true,
      ],
    ])
  })

  it('lists every scope that the path and requireMandate require', async () => {
    const routes = { '/admin': { requiredScopes: ['read', 'write'] } }
    const app = asking({ routes, requiredScopes: ['read'] }, { requiredScopes: ['admin', 'read'] })
    const scopes: unknown[] = []
    for (const path of ['/x', '/admin/x', '/%61dmin/x']) {
      const { headers } = await app.fetch(bearer(token, path))
      scopes.push(parseChallenge(headers.get('www-authenticate')).parameters.scope)
    }
    expect(scopes).toEqual(['read admin', 'read write admin', expect.stringContaining('write')])
  })

  it('lists what is required on the path that Hono reads, in addition to the original one', async () => {
    const routes = { '/read': { requiredScopes: ['write'] }, '/came': { requiredScopes: ['read'] } }
    const app = new Hono({ getPath: () => '/read' })
    app.use(caracal({ ...issuer.options, routes }), requireMandate({ requiredScopes: ['admin'] }))
    const { headers } = await app.fetch(bearer(token, '/came'))
    const { scope = '' } = parseChallenge(headers.get('www-authenticate')).parameters
    expect(scope.split(' ').sort()).toEqual(['admin', 'read', 'write'])
  })

  it('is an exception for onError, like one of the guard', async () => {
    const seen: unknown[] = []
    const app = asking({}, { requireDelegation: true })
    app.onError((error) => {
      seen.push((error.cause as Denial).code, error.message)
      return new Response(null, { status: 418 })
    })
    const { status } = await app.fetch(bearer(await issuer.mint({ hops: 0 })))
    expect([status, seen]).toEqual([418, ['delegation_required', expect.stringContaining('delegated')]])
  })

  it('comes from the first of several that is not met', async () => {
    const app = asking(
      {},
      { requiredScopes: ['read'] },
      { requireAgent: true },
      { requiredScopes: ['admin'] },
    )
    const codeFor = async (mandate: object) => {
      const response = await app.fetch(bearer(await issuer.mint({ ...mandate })))
      return response.status === 200 ? 'reached' : ((await response.json()) as { error: string }).error
    }
    expect(await codeFor({ scopes: [], agent: false })).toBe('insufficient_scope')
    expect(await codeFor({ scopes: ['read', 'admin'], agent: false })).toBe('agent_required')
    expect(await codeFor({ scopes: ['read'] })).toBe('insufficient_scope')
    expect(await codeFor({ scopes: ['read', 'admin'] })).toBe('reached')
  })
})

it('nothing is verified or looked up a second time', async () => {
  const verify = vi.spyOn(crypto.subtle, 'verify')
  const [revocations, keySet] = [recordingStore(), countedKeySet(issuer)]
  const app = asking(
    { revocations, keySet, verifiedTokenCache: false },
    { requiredScopes: ['read'] },
    { requireAgent: true },
  )
  expect((await app.fetch(bearer(token))).status).toBe(200)
  expect([verify, keySet.fetch].map(({ mock }) => mock.calls.length)).toEqual([1, 1])
  expect(revocations.queries).toHaveLength(1)
})

describe('without a verified mandate', () => {
  it.each<{ where: string; app: () => { fetch(request: Request): Response | Promise<Response> } }>([
    { where: 'on an excluded path', app: () => asking({ exclude: ['/open'] }, {}) },
    {
      where: 'where the last caracal() excludes the path',
      app: () => {
        const app = new Hono().use(
          caracal(issuer.options),
          caracal({ ...issuer.options, exclude: ['/open'] }),
        )
        return app.get('/open', requireMandate({}), (c) => c.text('reached'))
      },
    },
    {
      where: 'without caracal()',
      app: () => new Hono().get('/open', requireMandate({}), (c) => c.text('reached')),
    },
    {
      where: 'before caracal()',
      app: () =>
        new Hono().use(requireMandate({}), caracal(issuer.options)).get('/open', (c) => c.text('reached')),
    },
    {
      where: 'where something else was set for one',
      app: () => {
        const app = new Hono<CaracalEnv>()
        app.use(async (c, next) => {
          c.set('caracal', { scopes: ['admin'] } as never)
          await next()
        })
        app.get('/open', requireMandate({}), (c) => c.text('reached'))
        return app
      },
    },
    {
      where: 'in a mounted app, which has a context of its own',
      app: () => {
        const inner = new Hono().get('*', requireMandate({}), (c) => c.text('reached'))
        return new Hono().use(caracal(issuer.options)).mount('/', inner.fetch)
      },
    },
  ])('every request gets a 500, with the reason only in the log: $where', async ({ app }) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const response = await app().fetch(bearer(token, '/open'))
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([500, null])
    expect(await response.json()).toMatchObject({ error: 'server_error' })
    expect(log.mock.calls).toEqual([[expect.stringContaining('put app.use(caracal()) before it')]])
  })

  it('the log says so once a minute for each requireMandate, whatever number of requests come', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const app = new Hono()
    for (const path of ['/a', '/b']) app.get(path, requireMandate({}), (c) => c.text('reached'))
    const ask = async () => {
      for (let count = 0; count < 50; count++) await app.fetch(anonymous(count % 2 === 0 ? '/a' : '/b'))
      return log.mock.calls.length
    }
    expect(await ask()).toBe(2)
    vi.setSystemTime(Date.now() + 59_000)
    expect(await ask()).toBe(2)
    vi.setSystemTime(Date.now() + 1_000)
    expect(await ask()).toBe(4)
    vi.useRealTimers()
  })
})

it('a value that a handler sets in place of the mandate does not count', async () => {
  const app = new Hono<CaracalEnv>()
  app.use(caracal(issuer.options), async (c, next) => {
    c.set('caracal', { ...c.var.caracal, scopes: ['admin'] })
    await next()
  })
  app.get('/x', requireMandate({ requiredScopes: ['admin'] }), (c) => c.text('reached'))
  expect((await app.fetch(bearer(token))).status).toBe(403)
})

it('works in a sub-app, with the mandate that the last guard verified', async () => {
  const sub = new Hono().get('/x', requireMandate({ requiredScopes: ['admin'] }), (c) => c.text('reached'))
  const app = new Hono().use(caracal(issuer.options)).route('/sub', sub)
  const statuses: number[] = []
  for (const scopes of [['read'], ['admin']]) {
    statuses.push((await app.fetch(bearer(await issuer.mint({ scopes }), '/sub/x'))).status)
  }
  expect([...statuses, (await app.fetch(anonymous('/sub/x'))).status]).toEqual([403, 200, 401])
})

it.each<{ given: unknown; says: string }>([
  { given: undefined, says: 'requirements must be an object, not undefined' },
  { given: 'admin', says: 'requirements must be an object' },
  { given: { requiredScopes: 'admin' }, says: 'requiredScopes must be a list of strings' },
  { given: { required_scopes: ['admin'] }, says: 'Did you mean "requiredScopes"?' },
  { given: { audience: 'resource://other' }, says: 'Unknown option "audience"' },
  { given: { maxHopCount: -1 }, says: 'maxHopCount must be a whole number' },
])('invalid requirements are refused at once: $given', ({ given, says }) => {
  const call = () => requireMandate(given as Requirements)
  expect(call).toThrow(CaracalConfigError)
  expect(call).toThrow(says)
})
