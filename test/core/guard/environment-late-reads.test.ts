// What is read of an environment while a request is decided, and not before: no other tenant's guard may decide.

import {
  type Authority,
  authorityOf,
  type CaracalOptions,
  type DecisionEvent,
  InMemoryRevocationStore,
  withCaracal,
} from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal, requireMandate } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const { revocations: _, ...options } = issuer.options

afterEach(() => {
  vi.restoreAllMocks()
  vi.useRealTimers()
})

class Bindings {
  get(name: string) {
    return name
  }
}

/** First arguments that count by identity, and one that does not. */
const FIRST_ARGUMENTS: Readonly<Record<string, readonly [object, (env: object) => unknown]>> = {
  'a plain object': [{ X: 1 }, (env) => Reflect.get(env, 'X')],
  'an object whose method is called': [new Bindings(), (env) => (env as Bindings).get('X')],
  'a Map': [new Map([['X', 1]]), (env) => (env as Map<string, number>).get('X')],
  'an object with more variables than are noted': [
    Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`V${index}`, index])),
    (env) => ({ ...env }),
  ],
}

describe('a store that is read of the second argument only when it is asked', () => {
  it.each(Object.entries(FIRST_ARGUMENTS))('is that of the request, beside %s', async (_, [env, read]) => {
    const tenants = [new InMemoryRevocationStore(), new InMemoryRevocationStore()] as const
    const token = await issuer.mint({ claims: { sid: 'session-2' } })
    await tenants[1].markRevoked('session-2')
    const guarded = withCaracal(
      () => new Response('ok'),
      (bindings: object, context: { readonly store: InMemoryRevocationStore }): CaracalOptions => {
        read(bindings)
        return { ...options, revocations: { lookup: (query) => context.store.lookup(query) } }
      },
    )
    // Nothing is read of the context for a request without a token.
    expect((await guarded(new Request('https://a.test/'), env, { store: tenants[0] })).status).toBe(401)
    expect((await guarded(bearer(token), env, { store: tenants[1] })).status).toBe(401)
    expect((await guarded(bearer(token), env, { store: tenants[0] })).status).toBe(200)
  })
})

it.each(['withCaracal', 'guardFetch'])(
  'warmup of %s fetches the keys of the right environment',
  async (name) => {
    interface Env {
      readonly sts: { fetch(url: string): Promise<Response> }
    }
    const serve = async (url: string) => issuer.handler(new Request(url))
    const environments = [{ sts: { fetch: vi.fn(serve) } }, { sts: { fetch: vi.fn(serve) } }] as const
    const optionsOf = (env: Env): CaracalOptions => ({
      ...issuer.options,
      keySet: { fetch: (url) => env.sts.fetch(url) },
    })
    const handler = (..._: readonly [Request, Env]) => new Response('ok')
    const guarded =
      name === 'withCaracal'
        ? withCaracal((_request, _context, _env: Env) => new Response('ok'), optionsOf)
        : guardFetch({ fetch: handler }, optionsOf).fetch
    const asked = () => environments.map(({ sts }) => sts.fetch.mock.calls.length)
    // Builds a guard, and reads nothing of its environment yet.
    expect((await guarded(new Request('https://api.test/x'), environments[0])).status).toBe(401)
    await guarded.warmup(environments[1])
    expect(asked()[1]).toBe(1)
    const token = await issuer.mint()
    expect((await guarded(bearer(token), environments[1])).status).toBe(200)
    // The first one's keys were fetched too, which is how the difference showed.
    expect((await guarded(bearer(token), environments[0])).status).toBe(200)
    expect(asked()).toEqual([1, 1])
  },
)

it('an observer of the right environment hears of what requireMandate refuses', async () => {
  const app = new Hono()
  app.use(
    caracal((env: { readonly heard: DecisionEvent[] }) => ({
      ...issuer.options,
      onDecision: (event) => {
        if (event.outcome === 'deny') env.heard.push(event)
      },
    })),
  )
  app.get('/x', (c) => c.text('ok'))
  app.get('/pay', requireMandate({ requiredScopes: ['pay'] }), (c) => c.text('paid'))
  const environments = [{ heard: [] }, { heard: [] }] satisfies { heard: DecisionEvent[] }[]
  const token = await issuer.mint()
  expect((await app.fetch(bearer(token), environments[0])).status).toBe(200)
  expect((await app.fetch(bearer(token, '/pay'), environments[1])).status).toBe(403)
  expect(environments[1]?.heard).toMatchObject([{ code: 'insufficient_scope' }])
})

describe("an authority whose guard turns out to be another environment's", () => {
  interface Env {
    readonly heard: DecisionEvent[]
    readonly store: InMemoryRevocationStore
  }
  const environments = () =>
    [0, 1].map((): Env => ({ heard: [], store: new InMemoryRevocationStore() })) as [Env, Env]

  async function admitted(
    fetch: (request: Request, env: Env) => Promise<Response>,
    env: Env,
  ): Promise<Authority> {
    const request = bearer(await issuer.mint({ claims: { sid: 'session-3' } }))
    expect((await fetch(request, env)).status).toBe(200)
    const authority = authorityOf(request)
    if (authority === undefined) throw new Error('There is no authority.')
    return authority
  }

  it('tells the right observer what meets refuses', async () => {
    const guarded = withCaracal(
      () => new Response('ok'),
      (env: Env) => ({
        ...issuer.options,
        onDecision: (event) => {
          if (event.outcome === 'deny') env.heard.push(event)
        },
      }),
    )
    const [first, second] = environments()
    await admitted(guarded, first)
    const authority = await admitted(guarded, second)
    expect(authority.meets({ requiredScopes: ['pay'] })?.code).toBe('insufficient_scope')
    expect(second.heard).toMatchObject([{ code: 'insufficient_scope' }])
  })

  it('asks the right store again, and tells the right observer', async () => {
    let asks = false
    const guarded = withCaracal(
      () => new Response('ok'),
      (env: Env) => ({
        ...options,
        revocations: {
          lookup: (query) => (asks ? env.store.lookup(query) : { revoked: false, delegationEpoch: 0 }),
        },
        onDecision: (event) => {
          if (event.outcome === 'deny') env.heard.push(event)
        },
      }),
    )
    const [first, second] = environments()
    const [ofFirst, ofSecond] = [await admitted(guarded, first), await admitted(guarded, second)]
    await second.store.markRevoked('session-3')
    asks = true
    expect((await ofFirst.recheck()).outcome).toBe('admit')
    expect(await ofSecond.recheck()).toMatchObject({ code: 'session_revoked' })
    expect(second.heard).toMatchObject([{ code: 'session_revoked' }])
    expect(first.heard).toEqual([])
    await first.store.markRevoked('session-3')
    expect(await ofFirst.recheck()).toMatchObject({ code: 'session_revoked' })
  })
})

it('a sound environment is refused only as long as too many others fail', async () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.spyOn(console, 'error').mockImplementation(() => {})
  const guarded = withCaracal(
    () => new Response('ok'),
    (env: { readonly fails: boolean; readonly tenant: number }) => {
      if (env.fails) throw new Error(`tenant ${env.tenant}`)
      return issuer.options
    },
  )
  const token = await issuer.mint({ lifetimeSeconds: 900 })
  for (let tenant = 0; tenant < 32; tenant++) {
    await guarded(bearer(token), { fails: true, tenant })
    vi.setSystemTime(Date.now() + 1500)
  }
  const sound = { fails: false, tenant: 32 }
  expect((await guarded(bearer(token), sound)).status).toBe(500)
  vi.setSystemTime(Date.now() + 20_000)
  expect((await guarded(bearer(token), sound)).status).toBe(200)
})
