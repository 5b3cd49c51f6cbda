// WebSocket upgrades in Hono: a handshake cannot be thrown, so that a refused one takes another way than an exception.

import { caracal, requireMandate } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { type Context, Hono } from 'hono'
import { cors } from 'hono/cors'
import { describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'
import { closingOf, isWorkerd, upgrading } from '../support/upgrade.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const guard = caracal(issuer.options)
const demand = requireMandate({ requiredScopes: ['admin'] })
const reached = vi.fn((c: Context) => c.text('reached'))

async function outcomeOf(response: Response): Promise<unknown> {
  return response.status === 101 ? closingOf(response) : response.status
}

const refused = (code: string, status: number) => (isWorkerd ? [1008, code] : status)

describe('a refused upgrade is closed where the runtime can, and else an exception:', () => {
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

  it('by a route that asks for more', async () => {
    const app = new Hono().use(guard).get('/x', demand, reached)
    expect(await outcomeOf(await app.fetch(upgrading(bearer(token))))).toEqual(
      refused('insufficient_scope', 403),
    )
    expect(reached).not.toHaveBeenCalled()
  })

  it('by a route without a guard, which is a plain 500 anywhere', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const app = new Hono().get('/x', demand, reached)
    expect((await app.fetch(upgrading(bearer(token)))).status).toBe(500)
    expect(log).toHaveBeenCalledTimes(1)
    log.mockRestore()
  })
})

it("with websocketDenial 'http' every refusal is an exception, also of a route that asks for more", async () => {
  const onError = vi.fn((error: Error) => new Response(error.message, { status: 418 }))
  const app = new Hono().onError(onError)
  app.use(caracal({ ...issuer.options, websocketDenial: 'http' })).get('/x', demand, reached)
  const statuses: number[] = []
  for (const request of [anonymous(), bearer(token)])
    statuses.push((await app.fetch(upgrading(request))).status)
  expect([statuses, onError.mock.calls.length]).toEqual([[418, 418], 2])
})
