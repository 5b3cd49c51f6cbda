// What `guardFetch` refuses: a value that is not an app, and an app that Bun would serve in part without calling its fetch.

import { CaracalConfigError } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { createTestIssuer } from 'caracal-edge/testing'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { Router } from 'itty-router'
import { describe, expect, it } from 'vitest'
import { anonymous } from '../support/requests.ts'

const { options } = createTestIssuer()

it.each<{ given: string; app: unknown }>([
  { given: 'nothing', app: undefined },
  { given: 'null', app: null },
  { given: 'a text', app: 'app' },
  { given: 'a function', app: () => new Response() },
  { given: 'a function with a fetch', app: Object.assign(() => {}, { fetch: () => new Response() }) },
  { given: 'a class', app: class {} },
  { given: 'an object without a fetch', app: { scheduled() {} } },
  { given: 'a fetch that is not a function', app: { fetch: 'https://api.test' } },
  { given: 'a promise', app: Promise.resolve({ fetch: () => new Response() }) },
])('a value that is not an app is refused with advice: $given', ({ app }) => {
  const call = () => guardFetch(app as { fetch: () => Response }, options)
  expect(call).toThrow(CaracalConfigError)
  expect(call).toThrow(/must be an object with a fetch method: it is (a|undefined|null)/)
})

describe('a member that Bun serves without calling the fetch of an app', () => {
  const fetch = () => new Response()
  const table = { '/open': new Response('open') }

  it('is refused by name', () => {
    const issuesOf = (app: { readonly fetch: typeof fetch }) => {
      try {
        guardFetch(app, options)
      } catch (error) {
        if (error instanceof CaracalConfigError) return error.issues
        throw error
      }
      return []
    }
    const routes = [
      expect.stringContaining(
        'the routes of an app without calling its fetch: wrap each handler in withCaracal',
      ),
    ]
    const both = [...routes, expect.stringContaining('the static of an app')]
    expect(issuesOf({ fetch, ...{ routes: table } })).toEqual(routes)
    expect(issuesOf({ fetch, ...{ routes: {}, static: table } })).toEqual(both)
  })

  it.each<[string, () => object]>([
    ['a Map with a path as its own member', () => ({ routes: Object.assign(new Map(), table) })],
    ['a table that can be iterated', () => ({ routes: { ...table, [Symbol.iterator]: undefined } })],
    ['a list', () => ({ routes: [] })],
    ['a list with a path as its own member', () => ({ routes: Object.assign([], table) })],
    ['a function with a path as its own member', () => ({ routes: Object.assign(() => {}, table) })],
    ['a function', () => ({ static: () => {} })],
    ['a table without a prototype', () => ({ static: Object.assign(Object.create(null), table) })],
  ])('is refused in any shape: %s', (_, members) => {
    expect(() => guardFetch({ fetch, ...members() }, options)).toThrow('of an app without calling its fetch')
  })

  it('is read once, so that a getter cannot return a table after the check', () => {
    const answers = [undefined, table]
    const app = Object.defineProperty({ fetch }, 'routes', { get: () => answers.shift(), enumerable: true })
    expect(Reflect.get(guardFetch(app, options), 'routes')).toBe(undefined)
  })

  it('is not inherited from a member called __proto__', () => {
    const app = Object.defineProperty({ fetch }, '__proto__', { value: { routes: table }, enumerable: true })
    expect('routes' in guardFetch(app, options)).toBe(false)
  })

  it('is left out if it belongs to an instance of a class', () => {
    class App {
      readonly routes = table
      fetch() {
        return new Response()
      }
    }
    expect(Reflect.ownKeys(guardFetch(new App(), options))).toEqual(['fetch'])
  })

  it.each([undefined, null, 'routes', true])('is nothing if it can hold no paths: %j', async (other) => {
    const guarded = guardFetch({ fetch, routes: other, static: other }, options)
    expect((await guarded.fetch(anonymous())).status).toBe(401)
  })
})

describe("a copy of a framework's app, whose other methods would not be guarded,", () => {
  const COPIES: Readonly<Record<string, () => object>> = {
    'a copy of a Hono app': () => ({ ...new Hono().get('/x', (c) => c.text('open')) }),
    'a copy of a Hono app with its fetch replaced': () => ({ ...new Hono(), fetch: () => new Response() }),
    'a copy of an H3 app': () => ({ ...new H3() }),
    'a copy of a copy': () => Object.assign({}, { ...new Hono() }),
    'an object with a handle': () => ({ fetch: () => new Response(), handle: () => new Response() }),
  }

  it.each(Object.entries(COPIES))('is refused with a hint: %s', (_, copy) => {
    expect(() => guardFetch(copy() as { fetch: () => Response }, options)).toThrow(
      /has a method (request|handle).*Pass the app itself/,
    )
  })

  it('is refused for its routes if it has no such method: one of itty-router', () => {
    const copy = { ...Router() } as unknown as { fetch: () => Response }
    expect(() => guardFetch(copy, options)).toThrow('pass the app itself')
  })

  it('is not a plain object with data of these names', async () => {
    const app = { fetch: () => new Response(), request: 'x', get: 1, options: {} }
    expect((await guardFetch(app, options).fetch(anonymous())).status).toBe(401)
  })
})
