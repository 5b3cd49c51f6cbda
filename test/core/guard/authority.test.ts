// What can still be asked about the mandate of an admitted request: where it is found, `meets` and `recheck`.

import {
  type Authority,
  authorityOf,
  CaracalConfigError,
  type CaracalOptions,
  type DecisionEvent,
  denialResponse,
  InMemoryRevocationStore,
  mandateOf,
  type Requirements,
  type RevocationStore,
  withCaracal,
} from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal, type OptionalCaracalEnv } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { recordingStore } from '../support/recording-store.ts'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()

afterEach(() => {
  vi.useRealTimers()
})

/** What a handler finds behind a guard, by the kind of guard. */
const GUARDS: {
  readonly [kind: string]: (
    options: CaracalOptions,
    find: (authority: Authority | undefined, request: Request) => unknown,
  ) => (request: Request) => Response | Promise<Response>
} = {
  withCaracal: (options, find) =>
    withCaracal((request, { authority }) => Response.json(find(authority, request) ?? null), options),
  guardFetch: (options, find) =>
    guardFetch(
      { fetch: (request: Request) => Response.json(find(authorityOf(request), request) ?? null) },
      options,
    ).fetch,
  'c.get of Hono': (options, find) => {
    const app = new Hono<OptionalCaracalEnv>().use(caracal(options))
    app.all('*', (c) => c.json(find(c.get('authority'), c.req.raw) ?? null))
    return (request) => app.fetch(request)
  },
  'c.var of Hono': (options, find) => {
    const app = new Hono<OptionalCaracalEnv>().use(caracal(options))
    app.all('*', (c) => c.json(find(c.var.authority, c.req.raw) ?? null))
    return (request) => app.fetch(request)
  },
}

/** The authority of a request that was admitted. */
async function admitted(
  options: CaracalOptions,
  request: Request | Promise<Request> = issuer.mint().then((token) => bearer(token)),
): Promise<Authority> {
  const incoming = await request
  const response = await withCaracal(() => new Response(), options)(incoming)
  expect(response.status).toBe(200)
  const authority = authorityOf(incoming)
  if (authority === undefined) throw new Error('There is no authority.')
  return authority
}

describe.each(Object.entries(GUARDS))('behind %s', (_, guard) => {
  it('it is found beside the mandate, and by the request', async () => {
    const found = guard(issuer.options, (authority, request) => [
      authority !== undefined && authority === authorityOf(request),
      authority?.mandate === mandateOf(request),
      authority?.mandate.sub,
    ])
    const token = await issuer.mint({ claims: { sub: 'user-7' } })
    expect(await (await found(bearer(token))).json()).toEqual([true, true, 'user-7'])
  })

  it('there is none on an excluded path, also within another guard', async () => {
    const found = guard({ ...issuer.options, exclude: ['/open'] }, (authority, request) => [
      typeof authority,
      typeof authorityOf(request),
    ])
    const within = withCaracal((request) => found(request), issuer.options)
    for (const fetch of [found, within]) {
      const response = await fetch(bearer(await issuer.mint(), '/open'))
      expect(await response.json()).toEqual(['undefined', 'undefined'])
    }
  })

  it('a denial of meets is ready for the answer', async () => {
    const token = await issuer.mint({ claims: { scope: 'read' } })
    const found = guard(issuer.options, (authority) => [
      authority?.meets({ requiredScopes: ['read'] }) ?? 'met',
      authority?.meets({ requiredScopes: ['pay'] }),
    ])
    expect(await (await found(bearer(token))).json()).toMatchObject([
      'met',
      { outcome: 'deny', code: 'insufficient_scope', status: 403, requiredScopes: ['pay'] },
    ])
  })
})

it('no request has one that no guard admitted, and no copy of one', async () => {
  const [request, refused] = [bearer(await issuer.mint()), bearer(await issuer.mint({ expired: true }))]
  const guarded = withCaracal(() => new Response(), issuer.options)
  expect(authorityOf(request)).toBeUndefined()
  await guarded(request)
  await guarded(refused)
  const found = [request, request.clone(), new Request(request), refused, anonymous()].map(authorityOf)
  expect(found.map((authority) => authority !== undefined)).toEqual([true, false, false, false, false])
})

describe('meets', () => {
  it.each<[Requirements, string]>([
    [{ requiredScopes: ['read', 'pay'] }, 'insufficient_scope'],
    [{ requiredTargets: ['resource://row-7'] }, 'missing_target'],
    [{ requiredUse: 'session' }, 'wrong_use'],
    [{ requireAgent: true }, 'agent_required'],
    [{ requireDelegation: true }, 'delegation_required'],
    [{ requireChainContains: ['app-9'] }, 'chain_mismatch'],
  ])('%j is %s, without the store, and one event', async (requirements, reason) => {
    const revocations = recordingStore()
    const events: DecisionEvent[] = []
    const claims = { sub: 'user-7', scope: 'read', agent_session_id: '', delegation_edge_id: '' }
    const request = bearer(await issuer.mint({ claims }))
    const onDecision = vi.fn((event: DecisionEvent, _: Request | undefined) => void events.push(event))
    const authority = await admitted({ ...issuer.options, revocations, onDecision }, request)
    events.length = 0
    const denial = authority.meets(requirements)
    expect(denial?.reason).toBe(reason)
    expect(denial && denialResponse(denial).status).toBe(denial?.status)
    expect(events).toMatchObject([{ outcome: 'deny', reason, sub: 'user-7' }])
    expect(onDecision.mock.lastCall?.[1]).toBe(request)
    expect(revocations.queries).toHaveLength(1)
  })

  it('names the scopes of the route too, but not those of all routes on an uncertain path', async () => {
    const options = {
      ...issuer.options,
      requiredScopes: ['a'],
      routes: { '/b': { requiredScopes: ['a', 'b'] }, '/c': { requiredScopes: ['a', 'c'] } },
    }
    const token = await issuer.mint({ claims: { scope: 'a b c' } })
    const scopesAt = async (path: string) =>
      (await admitted(options, bearer(token, path))).meets({ requiredScopes: ['pay'] })?.requiredScopes
    expect(await scopesAt('/b')).toEqual(['a', 'b', 'pay'])
    expect(await scopesAt(`/${'/'.repeat(65_536)}`)).toEqual(['pay'])
  })

  it.each([
    [undefined, 'requirements must be an object, not undefined'],
    ['pay', 'requirements must be an object, not a string'],
    [{ requiredScopes: undefined }, 'requirements.requiredScopes is undefined'],
    [{ required_scopes: ['pay'] }, 'Unknown option "required_scopes" in requirements'],
    [{ audience: 'resource://api' }, 'Unknown option "audience" in requirements'],
  ])('refuses %j', async (requirements, says) => {
    const authority = await admitted(issuer.options)
    const meets: (given: never) => unknown = (given) => authority.meets(given)
    expect(() => meets(requirements as never)).toThrow(CaracalConfigError)
    expect(() => meets(requirements as never)).toThrow(says)
  })

  it('reads an object once, for all requests', async () => {
    const read = vi.fn(() => ['pay'])
    const requirements = Object.defineProperty({}, 'requiredScopes', { get: read, enumerable: true })
    for (const scope of ['read', 'pay', 'read']) {
      const token = await issuer.mint({ claims: { scope } })
      const denial = (await admitted(issuer.options, bearer(token))).meets(requirements)
      expect(denial?.code).toBe(scope === 'pay' ? undefined : 'insufficient_scope')
    }
    expect(read).toHaveBeenCalledTimes(1)
  })
})

describe('recheck', () => {
  it('admits while nothing has happened, with no event of its own', async () => {
    const onDecision = vi.fn()
    const revocations = recordingStore()
    const authority = await admitted({ ...issuer.options, revocations, onDecision })
    expect(await authority.recheck()).toEqual({ outcome: 'admit', mandate: authority.mandate })
    expect(revocations.queries).toHaveLength(2)
    expect(revocations.queries[1]).toEqual(revocations.queries[0])
    expect(onDecision).toHaveBeenCalledTimes(1)
  })

  it.each<[string, (store: InMemoryRevocationStore, authority: Authority) => Promise<void>]>([
    ['session_revoked', (store, { mandate }) => store.markRevoked(mandate.sid)],
    ['delegation_stale', (store, { mandate }) => store.markDelegationEpoch(mandate.zoneId, 5)],
  ])('denies with %s what has happened since, in one event', async (reason, happen) => {
    const revocations = new InMemoryRevocationStore()
    const onDecision = vi.fn((_event: DecisionEvent, _request: Request | undefined) => {})
    const request = bearer(await issuer.mint({ claims: { delegation_graph_epoch: 4 } }))
    const authority = await admitted({ ...issuer.options, revocations, onDecision }, request)
    await happen(revocations, authority)
    expect(await authority.recheck()).toMatchObject({ outcome: 'deny', reason, status: 401 })
    expect(onDecision.mock.calls.map(([event]) => event.outcome)).toEqual(['admit', 'deny'])
    expect(onDecision.mock.lastCall?.[0]).toMatchObject({ reason, sub: authority.mandate.sub })
    expect(onDecision.mock.lastCall?.[1]).toBe(request)
  })

  it('denies an expired mandate without asking the store, and one that expires meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const query = vi.fn(() => {
      vi.setSystemTime(Date.now() + 30_000)
      return { revoked: false, delegationEpoch: 0 }
    })
    const revocations: RevocationStore = { lookup: () => query() }
    const token = await issuer.mint({ lifetimeSeconds: 60 })
    const authority = await admitted({ ...issuer.options, revocations }, bearer(token))
    expect(await authority.recheck()).toMatchObject({ reason: 'expired' })
    expect(query).toHaveBeenCalledTimes(2)
    expect(await authority.recheck()).toMatchObject({ reason: 'expired' })
    expect(query).toHaveBeenCalledTimes(2)
  })

  it.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['answers with nothing', () => undefined],
    ['never answers', () => new Promise(() => {})],
  ])('is an outage if the store %s', async (_, fail) => {
    let isDown = false
    const revocations = recordingStore(() => (isDown ? fail() : { revoked: false, delegationEpoch: 0 }))
    const authority = await admitted({
      ...issuer.options,
      revocations,
      storeTimeoutMs: 50,
      onDecision: () => {},
    })
    isDown = true
    expect(await authority.recheck()).toMatchObject({ code: 'revocation_unavailable', status: 503 })
    isDown = false
    expect(await authority.recheck()).toMatchObject({ outcome: 'admit' })
  })

  it('asks the store of the rule that admitted the request; of several, each', async () => {
    const [own, ofRoute] = [recordingStore(), recordingStore()]
    const options = { ...issuer.options, revocations: own, routes: { '/b': { revocations: ofRoute } } }
    for (const [path, asked] of [
      ['/a', [2, 0]],
      ['/b', [0, 2]],
      ['/%62', [2, 2]],
    ] as const) {
      const before = [own.queries.length, ofRoute.queries.length]
      await (await admitted(options, bearer(await issuer.mint(), path))).recheck()
      const after = [own.queries.length, ofRoute.queries.length]
      expect(after.map((count, index) => count - (before[index] ?? 0))).toEqual(asked)
    }
  })

  it('verifies no signature: the keys may be out of reach by then', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    const serve = vi.fn(async (url: string) => issuer.handler(new Request(url)))
    const options = { ...issuer.options, keySet: { fetch: (url: string) => serve(url) } }
    const token = await issuer.mint({ lifetimeSeconds: 80_000 })
    const authority = await admitted(options, bearer(token))
    serve.mockImplementation(() => Promise.reject(new Error('down')))
    vi.setSystemTime(Date.now() + 70_000_000)
    expect(await authority.recheck()).toMatchObject({ outcome: 'admit' })
    expect(serve).toHaveBeenCalledTimes(1)
  })
})

describe('nobody who gets it', () => {
  it('can change its answers, or those of others', async () => {
    const authority = await admitted(issuer.options)
    const attacks: readonly (() => void)[] = [
      () => Object.assign(authority, { meets: () => undefined }),
      () => Object.assign(authority, { mandate: { ...authority.mandate, scopes: ['admin'] } }),
      () => Object.assign(Object.getPrototypeOf(authority), { recheck: () => ({ outcome: 'admit' }) }),
      () => Object.setPrototypeOf(authority, {}),
    ]
    for (const attack of attacks) expect(attack).toThrow(TypeError)
    expect(authority.meets({ requiredScopes: ['admin'] })?.code).toBe('insufficient_scope')
  })

  it('finds the token in it', async () => {
    const token = await issuer.mint()
    const request = bearer(token)
    const authority = await admitted(issuer.options, request)
    expect(JSON.parse(JSON.stringify(authority))).toEqual({
      mandate: JSON.parse(JSON.stringify(authority.mandate)),
    })
    expect(Reflect.ownKeys(authority)).toEqual(['mandate'])
    const methods = Object.getPrototypeOf(authority)
    const members = Reflect.ownKeys(methods).map((name) => Reflect.get(methods, name, authority))
    expect(members.filter((member) => typeof member !== 'function')).toEqual([])
  })
})
