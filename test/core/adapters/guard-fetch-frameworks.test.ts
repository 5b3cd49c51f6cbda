// `guardFetch` around apps of other frameworks, which keep all their features.

import { mandateOf } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { createTestIssuer } from 'caracal-edge/testing'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { AutoRouter, IttyRouter, Router } from 'itty-router'
import { describe, expect, it } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const sub = (request: Request) => mandateOf(request)?.sub ?? 'nobody'

interface App {
  fetch(request: Request): unknown
}

const APPS: Readonly<Record<string, () => App>> = {
  Hono: () => new Hono().get('/x', (c) => c.text(sub(c.req.raw))),
  H3: () => new H3().get('/x', (event) => sub(event.req)),
  'itty-router': () => Router().get('/x', (request: Request) => new Response(sub(request))),
  'the smallest itty-router': () => IttyRouter().get('/x', (request: Request) => new Response(sub(request))),
}

describe.each(Object.entries(APPS))('an app of %s', (_, make) => {
  it('gets only admitted requests, and finds their mandate', async () => {
    const guarded = guardFetch(make(), { ...issuer.options, exclude: ['/open'] })
    const answers: unknown[] = []
    for (const request of [anonymous(), bearer(token), bearer('hunter2')]) {
      const response = (await guarded.fetch(request)) as Response
      answers.push(response.status === 200 ? await response.text() : response.status)
    }
    expect(answers).toEqual([401, 'user-1', 401])
  })
})

it.each([
  ['Router', Router],
  ['IttyRouter', IttyRouter],
  ['AutoRouter', AutoRouter],
])('of an itty-router, which has a method for any name, %s shows its fetch alone', (_, make) => {
  expect(Reflect.ownKeys(guardFetch(make(), issuer.options))).toEqual(['fetch'])
})

it('an AutoRouter passes a proxy of the request to its handlers: the mandate belongs to the request itself', async () => {
  const router = AutoRouter({ before: [] }).get('/x', (request: Request) => sub(request))
  const guarded = guardFetch(router, issuer.options)
  expect((await guarded.fetch(anonymous())).status).toBe(401)
  const request = bearer(token)
  expect((await guarded.fetch(request)).status).toBe(200)
  expect(mandateOf(request)?.sub).toBe('user-1')
})

describe('a Hono app', () => {
  it('gets bindings and execution context, and so do the options', async () => {
    interface Bindings {
      readonly AUDIENCE: string
    }
    const app = new Hono<{ Bindings: Bindings }>().get('/x', (c) => {
      c.executionCtx.waitUntil(Promise.resolve())
      return c.text(c.env.AUDIENCE)
    })
    const guarded = guardFetch(app, (env: Bindings) => ({ ...issuer.options, audience: env.AUDIENCE }))
    const waited: unknown[] = []
    const ctx = {
      waitUntil: (promise: Promise<unknown>) => waited.push(promise),
      passThroughOnException() {},
      props: {},
    }
    const answers: unknown[] = []
    for (const AUDIENCE of ['resource://a', 'resource://api']) {
      const response = await guarded.fetch(bearer(token), { AUDIENCE }, ctx)
      answers.push(response.status === 200 ? await response.text() : response.status)
    }
    expect([answers, waited.length]).toEqual([[401, 'resource://api'], 1])
  })

  it('can be mounted in another app by its guarded fetch', async () => {
    const guarded = guardFetch(
      new Hono().get('/x', (c) => c.text(sub(c.req.raw))),
      issuer.options,
    )
    const outer = new Hono().mount('/inner', guarded.fetch)
    expect((await outer.fetch(anonymous('/inner/x'))).status).toBe(401)
    expect(await (await outer.fetch(bearer(token, '/inner/x'))).text()).toBe('user-1')
  })
})

describe('the guard cannot be bypassed', () => {
  const hono = () =>
    guardFetch(
      new Hono().get('/x', (c) => c.text('reached')),
      issuer.options,
    )
  const h3 = () =>
    guardFetch(
      new H3().get('/x', () => 'reached'),
      issuer.options,
    )

  it('through the routes of a guarded app: Hono cannot add them to another app', () => {
    const outer = new Hono()
    expect(() => Reflect.apply(outer.route, outer, ['/api', hono()])).toThrow(TypeError)
  })

  it('through its handlers: H3 mounts only its fetch', async () => {
    const outer = new H3()
    Reflect.apply(outer.mount, outer, ['/api', h3()])
    expect((await outer.fetch(new Request(anonymous('/api/x')))).status).toBe(401)
  })

  it.each([
    'request',
    'basePath',
    'get',
    'use',
    'route',
    'mount',
    'routes',
    '~routes',
    'handler',
    '~request',
  ])('through its %s: it has none', (name) => {
    expect([name in hono(), name in h3()]).toEqual([false, false])
  })
})
