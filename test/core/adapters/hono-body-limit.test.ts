// What docs/hono.md says of middleware that replaces the request: which objects still know the mandate.

import { mandateOf } from 'caracal-edge'
import { type CaracalEnv, caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { cors } from 'hono/cors'
import { expect, it } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const guard = caracal(issuer.options)
const limit = bodyLimit({ maxSize: 1000 })

/** A body without a length. */
function chunked(): RequestInit {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('hello'))
      controller.close()
    },
  })
  return { method: 'POST', body, duplex: 'half' } as RequestInit
}

const answering = (app: Hono<CaracalEnv>) =>
  app.post('*', async (c) =>
    c.json({ body: await c.req.text(), variable: c.var.caracal.sub, request: mandateOf(c.req.raw)?.sub }),
  )

it.each([
  {
    order: 'bodyLimit after the guard',
    app: answering(new Hono<CaracalEnv>().use(guard).use(limit)),
    request: undefined,
  },
  {
    order: 'bodyLimit before the guard',
    app: answering(new Hono<CaracalEnv>().use(limit).use(guard)),
    request: 'user-1',
  },
])('$order: the variable stays, and the request knows $request', async ({ app, request }) => {
  const response = await app.fetch(bearer(token, '/x', chunked()))
  expect(await response.json()).toEqual({ body: 'hello', variable: 'user-1', request })
})

it('cors() before the guard answers preflights, and lets a page read refusals', async () => {
  const origin = 'https://app.example'
  const app = answering(new Hono<CaracalEnv>().use(cors({ origin })).use(guard))
  const preflight = { origin, 'access-control-request-method': 'POST' }
  const answers = await Promise.all([
    app.fetch(anonymous('/x', { method: 'OPTIONS', headers: preflight })),
    app.fetch(anonymous('/x', { method: 'POST', headers: { origin } })),
  ])
  expect(answers.map(({ status, headers }) => [status, headers.get('access-control-allow-origin')])).toEqual([
    [204, origin],
    [401, origin],
  ])
})
