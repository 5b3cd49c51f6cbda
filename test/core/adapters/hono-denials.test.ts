// Refusals in Hono are exceptions like any other: by default the guard's own answer, or what the app's onError returns.

import type { Denial } from 'caracal-edge'
import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { type ErrorHandler, Hono } from 'hono'
import { cors } from 'hono/cors'
import { HTTPException } from 'hono/http-exception'
import { describe, expect, it, vi } from 'vitest'
import { PASSED_ON_FAULTS } from '../support/fault-cases.ts'
import { bringAbout } from '../support/faults.ts'
import { anonymous, bearer } from '../support/requests.ts'
import { runGuard } from '../support/run-guard.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()

async function wholeOf(response: Response): Promise<unknown> {
  return [response.status, [...response.headers], await response.text()]
}

describe('without an onError', () => {
  it.each(PASSED_ON_FAULTS)(
    'a request refused for $reason gets the same answer as from withCaracal',
    async (wrong) => {
      const { options, request } = await bringAbout(wrong)
      const { status, headers, text } = await runGuard(options, request.clone())
      const handler = vi.fn()
      const app = new Hono().use(caracal(options)).get('/x', handler)
      expect(await wholeOf(await app.fetch(request))).toEqual([status, [...headers], text])
      expect(handler).not.toHaveBeenCalled()
    },
  )

  it('a HEAD request gets the same headers and no body', async () => {
    const app = new Hono().use(caracal(issuer.options)).get('/x', (c) => c.text('reached'))
    const [get, head] = [
      await app.request('/x'),
      await app.request('/x', { method: 'HEAD', headers: { upgrade: 'websocket' } }),
    ]
    expect([head.status, [...head.headers], await head.text()]).toEqual([401, [...get.headers], ''])
    const admitted = await app.fetch(bearer(token, '/x', { method: 'HEAD' }))
    expect([admitted.status, await admitted.text()]).toEqual([200, ''])
  })
})

describe('an onError', () => {
  it('gets an HTTPException with the answer and the denial', async () => {
    let seen: unknown
    const app = new Hono()
    app.onError((error) => {
      seen = error
      return new Response('mine', { status: 418 })
    })
    app.use(caracal({ ...issuer.options, requiredScopes: ['admin'] }))
    const response = await app.fetch(bearer(token))
    expect([response.status, await response.text()]).toEqual([418, 'mine'])
    if (!(seen instanceof HTTPException)) return expect.fail(String(seen))
    const cause = seen.cause as Denial
    expect(cause).toMatchObject({ outcome: 'deny', code: 'insufficient_scope', requiredScopes: ['admin'] })
    expect(Object.isFrozen(cause)).toBe(true)
    expect([seen.status, seen.message]).toEqual([403, cause.description])
    expect(await seen.res?.json()).toEqual({
      error: cause.code,
      error_description: cause.description,
      error_hint: cause.hint,
      scope: 'admin',
    })
  })

  it.each<{ form: string; onError: ErrorHandler }>([
    { form: 'getResponse()', onError: (error) => (error as HTTPException).getResponse() },
    { form: 'res', onError: (error) => (error as HTTPException).res ?? expect.fail('no res') },
  ])('can pass the answer on: $form', async ({ onError }) => {
    const app = new Hono().use(caracal(issuer.options))
    app.onError(onError)
    const untouched = new Hono().use(caracal(issuer.options))
    expect(await wholeOf(await app.request('/x'))).toEqual(await wholeOf(await untouched.request('/x')))
  })

  it('of a sub-app gets the refusals of its own guard, and that of the app gets all others', async () => {
    const inner = new Hono().onError((error) => new Response(`inner ${error.message}`, { status: 401 }))
    inner.use(caracal({ ...issuer.options, requiredScopes: ['admin'] })).get('/x', (c) => c.text('reached'))
    const outer = new Hono().onError((error) => new Response(`outer ${error.message}`, { status: 401 }))
    outer.use('/guarded/*', caracal(issuer.options))
    outer.route('/guarded', inner).route('/inner', inner)
    const texts: string[] = []
    for (const request of [anonymous('/guarded/x'), bearer(token, '/guarded/x'), anonymous('/inner/x')]) {
      texts.push(await (await outer.fetch(request)).text())
    }
    expect(texts).toEqual([
      'outer The request carries no mandate.',
      'inner The mandate lacks a scope that this route requires.',
      'inner The request carries no mandate.',
    ])
  })

  it('gets what a handler throws, unchanged', async () => {
    const thrown = new Error('hunter2')
    const onError = vi.fn((_: Error) => new Response('handled', { status: 500 }))
    const app = new Hono().use(caracal(issuer.options)).get('/x', () => {
      throw thrown
    })
    app.onError(onError)
    expect((await app.fetch(bearer(token))).status).toBe(500)
    expect(onError.mock.calls.map(([error]) => error)).toEqual([thrown])
  })
})

describe('earlier middleware', () => {
  const origin = 'https://app.test'

  it.each([
    { handling: 'by default', prepare: (app: Hono) => app },
    {
      handling: 'in an onError',
      prepare: (app: Hono) => app.onError((error) => (error as HTTPException).getResponse()),
    },
  ])('adds its CORS headers to a denial: $handling', async ({ prepare }) => {
    const app = prepare(new Hono())
    app.use(cors({ origin, exposeHeaders: ['WWW-Authenticate'] }), caracal(issuer.options))
    const { status, headers } = await app.request('/x', { headers: { origin } })
    expect([status, headers.get('access-control-allow-origin')]).toEqual([401, origin])
    expect(headers.get('access-control-expose-headers')).toBe('WWW-Authenticate')
    expect(headers.get('www-authenticate')).toBe('Bearer realm="caracal"')
    expect(headers.get('content-type')).toBe('application/json')
  })

  it('answers a preflight, which would be refused without it', async () => {
    const preflight = () =>
      anonymous('/x', { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } })
    const answered = await new Hono().use(cors({ origin }), caracal(issuer.options)).fetch(preflight())
    expect([answered.status, answered.headers.get('access-control-allow-origin')]).toEqual([204, origin])
    expect((await new Hono().use(caracal(issuer.options), cors({ origin })).fetch(preflight())).status).toBe(
      401,
    )
  })

  it('sees the answer and its reason after next()', async () => {
    const seen: unknown[] = []
    const app = new Hono()
    app.use(async (c, next) => {
      await next()
      seen.push(c.res.status, (c.error?.cause as Denial | undefined)?.code)
      c.header('x-request-id', '7')
    })
    app.use(caracal(issuer.options))
    const { headers } = await app.request('/x')
    expect([...seen, headers.get('x-request-id')]).toEqual([401, 'missing_token', '7'])
  })
})
