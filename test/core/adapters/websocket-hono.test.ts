// WebSocket upgrades in Hono: a refused one is closed, but only by the guard that answers last.

import { caracal, requireMandate } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { type Context, Hono } from 'hono'
import { every, except, some } from 'hono/combine'
import { cors } from 'hono/cors'
import type { HTTPException } from 'hono/http-exception'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'
import { closingOf, isWorkerd, socketPair, upgrading } from '../support/upgrade.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const guard = caracal(issuer.options)
const demand = requireMandate({ requiredScopes: ['admin'] })
const reached = vi.fn((c: Context) => c.text('reached'))

async function outcomeOf(response: Response): Promise<unknown> {
  return response.status === 101 ? closingOf(response) : response.status
}

const refused = (code: string, status: number) => (isWorkerd ? [1008, code] : status)

describe('a refused upgrade is closed if the runtime can, or else an exception:', () => {
  it.each<{ setup: string; app: () => { fetch(request: Request): Response | Promise<Response> } }>([
    { setup: 'a guard alone', app: () => new Hono().use(guard) },
    {
      setup: 'a guard before a route',
      app: () => new Hono().use(guard).get('/x', reached),
    },
    { setup: 'two guards', app: () => new Hono().use(guard, guard).get('/x', reached) },
    {
      setup: 'a sub-app with its own onError',
      app: () => {
        const inner = new Hono().onError((_, c) => c.text('mine', 401))
        return new Hono().route('/', inner.use(guard).get('/x', reached))
      },
    },
    {
      setup: 'headers that were set before',
      app: () => new Hono().use(cors(), guard).get('/x', reached),
    },
    {
      setup: 'headers that are set after',
      app: () => {
        const app = new Hono().use(async (c, next) => {
          await next()
          c.header('x-request-id', '7')
        })
        return app.use(guard).get('/x', reached)
      },
    },
    {
      setup: 'an onError that answers with something else',
      app: () =>
        new Hono()
          .onError((_, c) => c.json({}, 401))
          .use(guard)
          .get('/x', reached),
    },
    {
      setup: 'an onError that passes the answer on',
      app: () => {
        const passOn = (error: Error) => (error as HTTPException).getResponse()
        return new Hono().onError(passOn).use(guard).get('/x', reached)
      },
    },
    {
      setup: 'an onError that passes the answer of a guard alone on',
      app: () => new Hono().onError((error) => (error as HTTPException).getResponse()).use(guard),
    },
    {
      setup: 'the last of two guards that would each do',
      app: () => new Hono().use(some(guard, guard)).get('/x', reached),
    },
    {
      setup: 'a handler in one piece with two guards that would each do',
      app: () =>
        new Hono().get(
          '/x',
          every(some(guard, guard), async (c: Context) => reached(c)),
        ),
    },
    {
      setup: 'an exception for other paths',
      app: () => new Hono().use(except('/open', guard)).get('/x', reached),
    },
    {
      setup: 'a response that was set before',
      app: () => {
        const app = new Hono().use(async (c, next) => {
          c.res.headers.set('x-request-id', '7')
          await next()
        })
        return app.use(guard).get('/x', reached)
      },
    },
  ])('$setup', async ({ app }) => {
    const response = await app().fetch(upgrading(anonymous()))
    expect(await outcomeOf(response)).toEqual(refused('missing_token', 401))
    expect(reached).not.toHaveBeenCalled()
  })

  it('by a route that requires more', async () => {
    const app = new Hono().use(guard).get('/x', demand, reached)
    expect(await outcomeOf(await app.fetch(upgrading(bearer(token))))).toEqual(
      refused('insufficient_scope', 403),
    )
    expect(reached).not.toHaveBeenCalled()
  })

  it('by a route without a guard, which is a plain 500 in every runtime', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const app = new Hono().get('/x', demand, reached)
    expect((await app.fetch(upgrading(bearer(token)))).status).toBe(500)
    expect(log).toHaveBeenCalledTimes(1)
    log.mockRestore()
  })
})

describe('of several guards that would each do, the last one answers:', () => {
  const strict = caracal({ ...issuer.options, requiredScopes: ['admin'] })
  const foreign = caracal({ ...issuer.options, audience: 'resource://other' })
  const pairs = vi.fn()
  const openedPairs = () => {
    if (!isWorkerd) return
    const { WebSocketPair } = globalThis as unknown as { WebSocketPair: new () => object }
    vi.stubGlobal(
      'WebSocketPair',
      class {
        constructor() {
          pairs()
          Object.assign(this, new WebSocketPair())
        }
      },
    )
  }
  beforeEach(() => {
    pairs.mockClear()
    reached.mockClear()
    openedPairs()
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  const apps = (first: typeof strict, second: typeof strict) => [
    new Hono().use(some(first, second)).get('/x', reached),
    new Hono().get('/x', some(first, second), reached),
    new Hono().get(
      '/x',
      every(some(first, second), async (c: Context) => reached(c)),
    ),
    new Hono().route('/', new Hono().use(some(first, second)).get('/x', reached)),
    new Hono().use(some(foreign, first, every(second, guard))).get('/x', reached),
  ]

  it('a later guard admits what an earlier one has refused, and nothing is closed', async () => {
    for (const app of [...apps(strict, guard), ...apps(foreign, guard)]) {
      const response = await app.fetch(upgrading(bearer(token)))
      expect([response.status, await response.text()]).toEqual([200, 'reached'])
    }
    expect(reached).toHaveBeenCalledTimes(10)
    expect(pairs).not.toHaveBeenCalled()
  })

  it('the handler of such a request opens its own WebSocket', async () => {
    if (!isWorkerd) return
    const [client, server] = socketPair()
    server.accept()
    const handshake = new Response(null, { status: 101, webSocket: client } as ResponseInit)
    const app = new Hono().use(some(strict, guard)).get('/x', () => handshake)
    expect(await app.fetch(upgrading(bearer(token)))).toBe(handshake)
    server.close(1000, 'bye')
    expect(await closingOf(handshake)).toEqual([1000, 'bye'])
  })

  it('a handler that fails after it is answered as ever', async () => {
    const app = new Hono().onError((error, c) => c.text(error.message, 500)).use(some(strict, guard))
    app.get('/x', () => {
      throw new Error('of the handler')
    })
    const response = await app.fetch(upgrading(bearer(token)))
    expect([response.status, await response.text()]).toEqual([500, 'of the handler'])
  })

  it.each([
    { guards: 'strict, foreign', code: 'invalid_token', status: 401 },
    { guards: 'foreign, strict', code: 'insufficient_scope', status: 403 },
  ])('$guards: one WebSocket is closed, with $code', async ({ guards, code, status }) => {
    const [first, second] = guards.startsWith('strict') ? [strict, foreign] : [foreign, strict]
    for (const app of apps(first, second).slice(0, 4)) {
      pairs.mockClear()
      expect(await outcomeOf(await app.fetch(upgrading(bearer(token))))).toEqual(refused(code, status))
      expect(pairs).toHaveBeenCalledTimes(isWorkerd ? 1 : 0)
    }
    expect(reached).not.toHaveBeenCalled()
  })
})

it("with websocketDenial 'http' every refusal is an exception, including that of a route that requires more", async () => {
  const onError = vi.fn((error: Error) => new Response(error.message, { status: 418 }))
  const app = new Hono().onError(onError)
  app.use(caracal({ ...issuer.options, websocketDenial: 'http' })).get('/x', demand, reached)
  const statuses: number[] = []
  for (const request of [anonymous(), bearer(token)])
    statuses.push((await app.fetch(upgrading(request))).status)
  expect([statuses, onError.mock.calls.length]).toEqual([[418, 418], 2])
})
