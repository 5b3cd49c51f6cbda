// `guardFetch` around an object with a fetch: which requests reach it, and what happens to its other members.

import { type CaracalOptions, mandateOf } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { countedKeySet } from '../support/counted-key-set.ts'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const { options } = issuer
const token = await issuer.mint()

describe('a request', () => {
  it('that is admitted reaches the fetch unchanged, with all arguments of the platform', async () => {
    const given: unknown[] = []
    const app = {
      fetch(...all: readonly [request: Request, env: object, ctx: string]) {
        given.push(this, ...all)
        return new Response()
      },
    }
    const [request, env] = [bearer(token), {}]
    await guardFetch(app, options).fetch(request, env, 'ctx')
    expect(given).toHaveLength(4)
    for (const [index, one] of [app, request, env, 'ctx'].entries()) expect(given[index]).toBe(one)
  })

  it('that is refused does not, and gets the same answer as from any guard', async () => {
    const fetch = vi.fn(() => new Response())
    const guarded = guardFetch({ fetch }, { ...options, requiredScopes: ['admin'] })
    const answers = [await guarded.fetch(anonymous()), await guarded.fetch(bearer(token))]
    expect(answers.map(({ status }) => status)).toEqual([401, 403])
    expect(await answers[1]?.json()).toMatchObject({ error: 'insufficient_scope' })
    expect(fetch).not.toHaveBeenCalled()
  })

  it('has its mandate in mandateOf, except on an excluded path', async () => {
    const fetch = (request: Request) => Response.json(mandateOf(request)?.sub ?? 'nobody')
    const guarded = guardFetch({ fetch }, { ...options, exclude: ['/open'] })
    const seen: unknown[] = []
    for (const path of ['/x', '/open']) seen.push(await (await guarded.fetch(bearer(token, path))).json())
    expect([...seen, (await guarded.fetch(anonymous('/open'))).status]).toEqual(['user-1', 'nobody', 200])
  })

  it('gets what the fetch returns, even if it is not a Response, and what it throws', async () => {
    const response = new Response()
    const thrown = new Error('mine')
    const results = [() => response, async () => response, () => undefined]
    for (const result of results) {
      expect(await guardFetch({ fetch: result }, options).fetch(bearer(token))).toBe(await result())
    }
    for (const fails of [() => Promise.reject(thrown), () => raise(thrown)]) {
      await expect(guardFetch({ fetch: fails }, options).fetch(bearer(token))).rejects.toBe(thrown)
    }
  })
})

describe('the options', () => {
  const fetch = (_: Request, __: { readonly tenant: string }, ___?: string) => new Response()

  it('can be a function of the platform arguments, called once for each environment', async () => {
    const given = vi.fn((env: { readonly tenant: string }, _?: string) => ({
      ...options,
      audience: `resource://${env.tenant}`,
    }))
    const guarded = guardFetch({ fetch }, given)
    const [a, b] = [{ tenant: 'a' }, { tenant: 'b' }]
    const forA = await issuer.mint({ audience: 'resource://a' })
    const statuses: number[] = []
    for (const env of [a, b, a]) statuses.push((await guarded.fetch(bearer(forA), env, 'ctx')).status)
    expect(statuses).toEqual([200, 401, 200])
    expect(given.mock.calls).toEqual([
      [a, 'ctx'],
      [b, 'ctx'],
    ])
  })

  it('are checked at once or, if they are a function, at the first request, which gets a 500', async () => {
    const unsound = { ...options, maxHopCount: -1 }
    expect(() => guardFetch({ fetch }, unsound)).toThrow('maxHopCount')
    const { revocations: _, ...noStore } = options
    expect(() => guardFetch({ fetch }, noStore as CaracalOptions)).toThrow('revocations is missing')
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const { status } = await guardFetch({ fetch }, () => unsound).fetch(bearer(token), { tenant: 'a' })
    expect([status, log.mock.calls.join()]).toEqual([500, expect.stringContaining('maxHopCount')])
    log.mockRestore()
  })

  it('include a warmup on the fetch, which takes the platform arguments', async () => {
    const keySet = countedKeySet(issuer)
    const given = vi.fn((_: { readonly tenant: string }) => ({ ...options, keySet }))
    const guarded = guardFetch({ fetch }, given)
    const env = { tenant: 'a' }
    await guarded.fetch.warmup(env)
    expect(keySet.fetch).toHaveBeenCalledTimes(1)
    expect((await guarded.fetch(bearer(token), env)).status).toBe(200)
    expect(keySet.fetch).toHaveBeenCalledTimes(1)
    expect(given.mock.calls).toEqual([[env]])
    const failing = guardFetch({ fetch }, () => raise(new TypeError('mine')))
    await expect(failing.fetch.warmup(env)).rejects.toThrow('mine')
  })
})

describe('other members', () => {
  it('of a module are passed through, functions with their arguments, result and this', async () => {
    const log: unknown[] = []
    const sign = Symbol('sign')
    const app = {
      port: 8787,
      hostname: undefined,
      fetch: () => new Response(),
      scheduled(...given: readonly unknown[]) {
        log.push([this === app, given])
        return 'scheduled'
      },
      queue: async (...given: readonly unknown[]) => given.length,
      [sign]: () => 'signed',
    }
    const guarded = guardFetch(app, options)
    expect([guarded.port, 'hostname' in guarded, guarded[sign]()]).toEqual([8787, true, 'signed'])
    expect([guarded.scheduled('controller', 'env', 'ctx'), await guarded.queue(1, 2)]).toEqual([
      'scheduled',
      2,
    ])
    expect(log).toEqual([[true, ['controller', 'env', 'ctx']]])
    expect(Reflect.ownKeys(guarded).sort(byName)).toEqual(Reflect.ownKeys(app).sort(byName))
  })

  it('of an instance of a class are passed through only if platforms read them', async () => {
    class Base {
      readonly #name = 'base'
      scheduled() {
        return this.#name
      }
      inherited() {
        return this.#name
      }
    }
    class App extends Base {
      #count = 0
      readonly port = 8787
      readonly own = 'own'
      fetch(_: Request) {
        this.#count += 1
        return new Response(`${this.#count}`)
      }
      queue() {
        return this.#count
      }
      other() {
        return this
      }
    }
    const guarded = guardFetch(new App(), options)
    expect(await (await guarded.fetch(bearer(token))).text()).toBe('1')
    expect([guarded.queue(), guarded.scheduled(), guarded.port]).toEqual([1, 'base', 8787])
    expect(Reflect.ownKeys(guarded).sort(byName)).toEqual(['fetch', 'port', 'queue', 'scheduled'])
  })

  it('are passed through for an app without a prototype, a frozen one, and one with an inherited fetch', async () => {
    const fetch = () => new Response()
    const bare = Object.assign(Object.create(null) as object, { fetch, port: 1 })
    const heir = Object.assign(Object.create({ fetch }) as { fetch: typeof fetch }, { port: 1 })
    for (const app of [bare, Object.freeze({ fetch, port: 1 }), heir]) {
      const guarded = guardFetch(app, options)
      expect([(await guarded.fetch(anonymous())).status, guarded.port]).toEqual([401, 1])
    }
  })

  it('that return the app itself, for chaining, return the guarded app', async () => {
    const calls: unknown[] = []
    const app = {
      fetch: () => new Response(),
      use(...given: readonly unknown[]) {
        calls.push(given)
        return this
      },
      self: () => app,
      other: () => ({ fetch: 'another' }),
    }
    const guarded = guardFetch(app, options)
    expect(
      [guarded.use(1, 2), guarded.use(3).self()].every((chained) => (chained as unknown) === guarded),
    ).toBe(true)
    expect([calls, guarded.other()]).toEqual([[[1, 2], [3]], { fetch: 'another' }])
  })
})

it('what was guarded stays guarded, whatever becomes of the app, which stays as it was', async () => {
  const fetch = () => new Response('open')
  const app = { fetch, port: 1 }
  const guarded = guardFetch(app, options)
  expect(app).toEqual({ fetch, port: 1 })
  Object.assign(app, { fetch: () => new Response('later') })
  expect((await guarded.fetch(anonymous())).status).toBe(401)
  expect(await (await guarded.fetch(bearer(token))).text()).toBe('open')
})

describe('instrumentation', () => {
  /** As Sentry and OpenTelemetry do it: a Proxy of the function, with arguments of its own, in place of the function. */
  function instrument(handler: {
    fetch: (request: Request, env: { AUDIENCE: string }) => Promise<Response>
  }) {
    const statuses: number[] = []
    handler.fetch = new Proxy(handler.fetch, {
      async apply(target, self, [request, env]: [Request, object]) {
        const response: Response = await Reflect.apply(target, self, [request, new Proxy(env, {})])
        statuses.push(response.status)
        return response
      },
    })
    return statuses
  }

  it('can wrap the guarded fetch, once or more, which stays guarded', async () => {
    const reached = vi.fn((_: Request, env: { readonly AUDIENCE: string }) => new Response(env.AUDIENCE))
    const given = vi.fn((env: { readonly AUDIENCE: string }) => ({ ...options, audience: env.AUDIENCE }))
    const guarded = guardFetch({ fetch: reached, scheduled: () => 'scheduled' }, given)
    const seen = [instrument(guarded), instrument(guarded)]
    const env = { AUDIENCE: 'resource://api' }
    const statuses: number[] = []
    for (const request of [anonymous(), bearer(token), bearer('hunter2'), bearer(token)]) {
      statuses.push((await guarded.fetch(request, env)).status)
    }
    expect(statuses).toEqual([401, 200, 401, 200])
    expect(seen).toEqual([statuses, statuses])
    expect([reached.mock.calls.length, given.mock.calls.length]).toEqual([2, 1])
  })

  it('can wrap other members, and has the warmup if it passes on what it does not know', async () => {
    const guarded = guardFetch({ fetch: () => new Response(), scheduled: () => String('scheduled') }, options)
    const { scheduled } = guarded
    guarded.scheduled = () => `wrapped ${scheduled()}`
    guarded.fetch = new Proxy(guarded.fetch, {})
    expect(guarded.scheduled()).toBe('wrapped scheduled')
    await expect(guarded.fetch.warmup()).resolves.toBeUndefined()
  })

  it('cannot add what a platform would serve past the guard', () => {
    const guarded = guardFetch({ fetch: () => new Response() }, options)
    expect(() => Object.assign(guarded, { routes: { '/open': new Response() } })).toThrow(TypeError)
  })
})

function byName(one: PropertyKey, other: PropertyKey): number {
  return String(one).localeCompare(String(other))
}

function raise(error: unknown): never {
  throw error
}
