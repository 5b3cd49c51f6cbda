// Which requests share a guard: those whose environments are the same in all that was read of them.

import { type CaracalOptions, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { type CaracalHonoOptions, caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { openTelemetry, WRAPPERS } from '../support/environments.ts'
import { polluted } from '../support/pollution.ts'
import { bearer } from '../support/requests.ts'

type Fetch = (request: Request, ...platform: readonly unknown[]) => Promise<Response> | Response
/** Its parameters are whatever a platform passes. */
type Options = (...platform: never[]) => CaracalOptions

const issuer = createTestIssuer()
const token = await issuer.mint()
const { audience, ...others } = issuer.options

afterEach(() => {
  vi.restoreAllMocks()
})

const ADAPTERS: Readonly<Record<string, (options: Options) => Fetch>> = {
  withCaracal: (options) => withCaracal(() => new Response('ok'), options) as Fetch,
  guardFetch: (options) => guardFetch({ fetch: () => new Response('ok') }, options).fetch as Fetch,
  'caracal()': (options) => {
    const app = new Hono().use(caracal(options as () => CaracalHonoOptions)).get('*', (c) => c.text('ok'))
    return (request, env) => app.fetch(request, env as object)
  },
}

/** An options function that reads something first. */
function reads<Platform extends readonly unknown[]>(read: (...platform: Platform) => unknown) {
  return (...platform: Platform): CaracalOptions => {
    read(...platform)
    return issuer.options
  }
}

/** Guards by this function, sends a request with each environment, and says how often the function was called. */
async function callsFor(options: Options, platforms: readonly (readonly unknown[])[]): Promise<number> {
  const counted = vi.fn(options as (...platform: readonly unknown[]) => CaracalOptions)
  const guarded = withCaracal(
    () => new Response('ok'),
    (...platform: unknown[]) => counted(...platform),
  ) as Fetch
  for (const platform of platforms) expect((await guarded(bearer(token), ...platform)).status).toBe(200)
  return counted.mock.calls.length
}

describe.each(Object.entries(ADAPTERS))('%s', (_, adapt) => {
  it.each(Object.entries(WRAPPERS))(
    'has one guard and verifies a token once for the same bindings in %s with every request',
    async (_, wrap) => {
      const warn = vi.spyOn(console, 'warn')
      const verify = vi.spyOn(crypto.subtle, 'verify')
      const env = { TENANT: 'a', AUDIENCE: 'resource://fresh', KV: { get: () => 1 } }
      const sts = createTestIssuer({ audience: env.AUDIENCE })
      const mandate = await sts.mint()
      const options = vi.fn((given: typeof env) => ({ ...sts.options, audience: given.AUDIENCE }))
      const guarded = adapt(options)
      for (let count = 0; count < 50; count++) {
        expect((await guarded(bearer(mandate), wrap(env))).status).toBe(200)
      }
      expect([options.mock.calls.length, verify.mock.calls.length, warn.mock.calls.length]).toEqual([1, 1, 0])
    },
  )

  it.each(Object.entries(WRAPPERS))(
    'has a guard for each tenant, with two environments of each in %s',
    async (_, wrap) => {
      const tenants = [{ AUDIENCE: 'resource://a' }, { AUDIENCE: 'resource://b' }]
      const options = vi.fn((env: { readonly AUDIENCE: string }) => ({ ...others, audience: env.AUDIENCE }))
      const guarded = adapt(options)
      const forA = await issuer.mint({ audience: 'resource://a' })
      const statuses: number[] = []
      for (const tenant of [...tenants, ...tenants, ...tenants]) {
        statuses.push((await guarded(bearer(forA), wrap(tenant))).status)
      }
      expect(statuses).toEqual([200, 401, 200, 401, 200, 401])
      expect(options).toHaveBeenCalledTimes(2)
    },
  )

  it('calls a function that reads nothing once, whatever the platform passes', async () => {
    const options = vi.fn(() => issuer.options)
    const guarded = adapt(() => options())
    const infos = [{ remoteAddr: {} }, { params: Promise.resolve({}) }, {}, new Map(), []]
    for (const info of [...infos, ...infos]) expect((await guarded(bearer(token), info)).status).toBe(200)
    expect(options).toHaveBeenCalledTimes(1)
  })
})

describe('variables that the options leave to the environment', () => {
  const options = { ...others } as CaracalOptions
  const FORMS: Readonly<Record<string, (made: () => void) => CaracalOptions | (() => CaracalOptions)>> = {
    'an arrow function': (made) => () => {
      made()
      return options
    },
    'a function': (made) =>
      function make() {
        made()
        return options
      },
    // On workerd, bindings of a request come too late for options that are an object.
    ...(!('WebSocketPair' in globalThis) && { 'an object': () => options }),
  }

  it.each(Object.keys(FORMS).flatMap((form) => Object.keys(WRAPPERS).map((wrapper) => ({ form, wrapper }))))(
    'are read, and nothing else: $form, and bindings in $wrapper',
    async ({ form, wrapper }) => {
      vi.stubGlobal('process', { env: { CARACAL_AUDIENCE: 'resource://runtime' } })
      const made = vi.fn()
      const guarded = withCaracal(() => new Response(), FORMS[form]?.(made) ?? options) as Fetch
      vi.unstubAllGlobals()
      const wrap = WRAPPERS[wrapper] ?? ((env) => env)
      const statuses: number[] = []
      for (const tenant of [audience, 'resource://other', audience, 'resource://other']) {
        statuses.push((await guarded(bearer(token), wrap({ CARACAL_AUDIENCE: tenant, KV: {} }))).status)
      }
      expect(statuses).toEqual([200, 401, 200, 401])
      expect(made).toHaveBeenCalledTimes(form === 'an object' ? 0 : 2)
    },
  )
})

describe('the function always gets the arguments', () => {
  interface Env {
    readonly TENANT: string
    readonly KV: object
  }

  it.each<[string, (seen: (tenant: string) => void) => Options]>([
    ['as rest parameters', (seen) => reads((...[env]: readonly Env[]) => env && seen(env.TENANT))],
    ['with a default', (seen) => reads(({ TENANT } = { TENANT: 'nobody' }) => seen(TENANT))],
    ['taken apart', (seen) => reads(({ TENANT }: Env) => seen(TENANT))],
    ['taken apart, with the rest', (seen) => reads(({ KV: _, ...rest }: Env) => seen(rest.TENANT))],
    [
      'through `arguments`',
      (seen) =>
        function make() {
          // biome-ignore lint/complexity/noArguments: this is what is tried.
          seen(Reflect.get(arguments[0], 'TENANT'))
          return issuer.options
        },
    ],
  ])('%s, and each tenant has its own', async (_, make) => {
    const seen: string[] = []
    const options = make((tenant) => seen.push(tenant)) as () => CaracalOptions
    const guarded = withCaracal(() => new Response(), options) as Fetch
    for (const TENANT of ['a', 'b', 'a', 'b']) {
      expect((await guarded(bearer(token), { TENANT, KV })).status).toBe(200)
    }
    expect(seen).toEqual(['a', 'b'])
  })

  const KV = {}
})

describe('what is read of an environment', () => {
  const KV = {}
  const base = { A: 'a', B: 'b', KV }
  type Env = typeof base & { readonly [name: string]: unknown }
  /** What is read, another environment in which that is the same, and one in which it is not. */
  it.each<[string, (env: Env) => unknown, object, object]>([
    ['a member', (env) => env.A, { ...base, B: 'x' }, { ...base, A: 'x' }],
    ['a member that is missing', (env) => env.C, { ...base, A: 'x' }, { ...base, C: 'x' }],
    ['a member that is NaN', (env) => env.N, { ...base }, { ...base, N: Number.NaN }],
    ['an object', (env) => env.KV, { KV }, { ...base, KV: {} }],
    ['whether a member is there', (env) => 'C' in env, { A: 'x' }, { ...base, C: undefined }],
    ['whether a member is its own', (env) => Object.hasOwn(env, 'C'), { A: 'x' }, { ...base, C: undefined }],
    ['the same in the old way', (env) => oldHasOwn(env, 'C'), { A: 'x' }, { ...base, C: undefined }],
    ['its names', (env) => Object.keys(env), { ...base }, { ...base, C: 1 }],
    ['its names by for … in', (env) => namesIn(env), { ...base }, { ...base, C: 1 }],
    ['all by a copy', (env) => ({ ...env }), { ...base }, { ...base, B: 'x' }],
    ['all by entries', (env) => Object.entries(env), { ...base }, { ...base, B: 'x' }],
    ['all as JSON', (env) => JSON.stringify(env), { ...base }, { ...base, B: 'x' }],
    ['a property', (env) => Object.getOwnPropertyDescriptor(env, 'A'), { A: 'a' }, { A: 'x' }],
    ['its prototype', (env) => Object.getPrototypeOf(env), {}, Object.create(null)],
    ['its class', (env) => env instanceof Map, {}, new Map()],
    ['whether it is frozen', (env) => Object.isFrozen(env), { ...base }, Object.freeze({ ...base })],
    [
      'a member by a symbol',
      (env) => Reflect.get(env, Symbol.toStringTag),
      {},
      { [Symbol.toStringTag]: 'x' },
    ],
  ])('%s', async (_, read, same, different) => {
    const options = reads(read)
    expect(await callsFor(options, [[base], [same], [base], [same]])).toBe(1)
    expect(await callsFor(options, [[base], [different], [base], [different]])).toBe(2)
  })

  function namesIn(env: object): readonly string[] {
    const names: string[] = []
    for (const name in env) names.push(name)
    return names
  }

  it('is nothing where only the next argument is read, of which each counts', async () => {
    const options = reads((_: object, ctx: { readonly props: object }) => ctx.props)
    const props = {}
    expect(
      await callsFor(options, [
        [{}, { props }],
        [{ x: 1 }, { props, y: 1 }],
      ]),
    ).toBe(1)
    expect(
      await callsFor(options, [
        [base, { props }],
        [base, { props: {} }],
      ]),
    ).toBe(2)
  })

  it('is the value of an argument that is no object', async () => {
    const options = reads((tenant: unknown) => tenant)
    expect(await callsFor(options, [['a'], ['b'], ['a'], [undefined], [null], [undefined]])).toBe(4)
    const fetch = () => {}
    expect(await callsFor(options, [[fetch], [fetch], [() => {}]])).toBe(2)
  })

  it('is how many arguments there are', async () => {
    const options = reads((...all: readonly unknown[]) => all.length)
    expect(await callsFor(options, [[base], [base, {}], [base], [base, {}]])).toBe(2)
    expect(await callsFor(options, [[base, {}], [base], [base, {}], [base]])).toBe(2)
  })
})

describe('what is read later', () => {
  const tenant = (name: string) => ({ AUDIENCE: 'resource://api', REVOKED: name === 'revoked' })

  /** A store that reads its environment when it is asked, and not before. */
  const lazily = (env: ReturnType<typeof tenant>): CaracalOptions => ({
    ...issuer.options,
    revocations: {
      async lookup() {
        await Promise.resolve()
        return { revoked: env.REVOKED, delegationEpoch: 0 }
      },
    },
  })

  it.each(Object.entries(WRAPPERS))('counts as well, in %s', async (_, wrap) => {
    const options = vi.fn(lazily)
    const guarded = withCaracal(() => new Response(), options) as Fetch
    const statuses: number[] = []
    for (const name of ['good', 'revoked', 'good', 'revoked']) {
      statuses.push((await guarded(bearer(token), wrap(tenant(name)))).status)
    }
    expect(statuses).toEqual([200, 401, 200, 401])
    expect(options).toHaveBeenCalledTimes(2)
  })

  it.each([
    ['good', 'revoked'],
    ['revoked', 'good'],
  ])('also where several requests are there before it is read: %s first', async (...names) => {
    const events: string[] = []
    const options = vi.fn((env: ReturnType<typeof tenant>) => ({
      ...lazily(env),
      onDecision: ({ outcome }: { readonly outcome: string }) => events.push(outcome),
    }))
    const guarded = withCaracal(() => new Response(), options) as Fetch
    const asked = [...names, ...names, ...names]
    const answers = await Promise.all(asked.map((name) => guarded(bearer(token), tenant(name))))
    expect(answers.map(({ status }) => status)).toEqual(asked.map((name) => (name === 'good' ? 200 : 401)))
    expect(options).toHaveBeenCalledTimes(2)
    // One event for each request, and none for a decision that was not used.
    expect(events.sort()).toEqual(['admit', 'admit', 'admit', 'deny', 'deny', 'deny'])
  })

  it('counts if it has changed since: then only the object itself has it', async () => {
    const env = { ...tenant('good') }
    const options = vi.fn(lazily)
    const guarded = withCaracal(() => new Response(), options) as Fetch
    expect((await guarded(bearer(token), env)).status).toBe(200)
    env.REVOKED = true
    expect((await guarded(bearer(token), env)).status).toBe(401)
    expect((await guarded(bearer(token), tenant('good'))).status).toBe(200)
    expect(options).toHaveBeenCalledTimes(2)
  })

  it('is not kept without end: a store that reads ever new members has a guard for each object', async () => {
    let name = 0
    const options = vi.fn((env: Readonly<Record<string, unknown>>) => ({
      ...issuer.options,
      revocations: { lookup: () => ({ revoked: env[`X${name++}`] === 1, delegationEpoch: 0 }) },
    }))
    const guarded = withCaracal(() => new Response(), options) as Fetch
    const env = {}
    for (let count = 0; count < 300; count++) expect((await guarded(bearer(token), env)).status).toBe(200)
    expect(options).toHaveBeenCalledTimes(1)
    expect((await guarded(bearer(token), {})).status).toBe(200)
    expect(options).toHaveBeenCalledTimes(2)
  })
})

describe('an instance of a class', () => {
  class Platform {
    readonly #tenant: string
    readonly plain = 'plain'
    constructor(tenant: string) {
      this.#tenant = tenant
    }
    get tenant() {
      return this.#tenant
    }
    nameOf() {
      return this.#tenant
    }
    self() {
      return this
    }
  }
  const [a, otherA, b] = [new Platform('a'), new Platform('a'), new Platform('b')]

  it('is compared by what its getters give', async () => {
    const options = reads((env: Platform) => env.tenant)
    expect(await callsFor(options, [[a], [otherA], [b], [otherA]])).toBe(2)
  })

  it.each<[string, (env: Platform) => unknown]>([
    ['called', (env) => env.nameOf()],
    ['called later, by its name', (env) => Reflect.apply(env.nameOf, env, [])],
    ['bound', (env) => env.nameOf.bind(env)()],
    ['that gives the instance', (env) => env.self().tenant],
  ])('counts by its identity once a method was %s, which may read what it likes', async (_, read) => {
    const seen: unknown[] = []
    const options = reads((env: Platform) => seen.push(read(env)))
    expect(await callsFor(options, [[a], [otherA], [b], [a], [b]])).toBe(3)
    expect(seen).toEqual(['a', 'a', 'b'])
  })

  it('counts by nothing where a method is only looked at', async () => {
    expect(
      await callsFor(
        reads((env: Platform) => env.nameOf),
        [[a], [otherA], [b]],
      ),
    ).toBe(1)
  })

  it('lends the methods of every object, which read what can be seen', async () => {
    const options = reads((env: Platform) => [oldHasOwn(env, 'plain'), String(env)])
    expect(await callsFor(options, [[a], [otherA], [b]])).toBe(1)
  })

  it('of the platform works as if it were there itself', async () => {
    const seen: unknown[] = []
    const options: Options = (headers: Headers, list: readonly number[], map: Map<string, number>) => {
      seen.push(
        headers.get('x'),
        [...list],
        map.size,
        map.get('x'),
        headers instanceof Headers,
        Array.isArray(list),
      )
      return issuer.options
    }
    expect(await callsFor(options, [[new Headers({ x: 'y' }), [1, 2], new Map([['x', 1]])]])).toBe(1)
    expect(seen).toEqual(['y', [1, 2], 1, 1, true, true])
  })
})

describe('bindings', () => {
  /** A binding with private fields, as those of a platform are. */
  class Store {
    readonly #kept = new Map([['revoked', 'no']])
    async get(key: string) {
      return this.#kept.get(key)
    }
  }

  it('are handed out as they are, frozen or not, now and later', async () => {
    const STORE = new Store()
    const env = Object.freeze({ STORE, say: () => 'said', [Symbol.iterator]: undefined })
    const options: Options = (given: typeof env) => {
      expect(given.STORE).toBe(STORE)
      expect(given.say).toBe(env.say)
      return {
        ...issuer.options,
        revocations: {
          lookup: async () => ({ revoked: (await given.STORE.get('revoked')) !== 'no', delegationEpoch: 0 }),
        },
      }
    }
    expect(await callsFor(options, [[env], [env], [{ ...env }]])).toBe(1)
  })

  it('can be set, for those who keep something there', async () => {
    const env: { kept?: object } = {}
    const options: Options = (given: typeof env) => {
      given.kept ??= {}
      return issuer.options
    }
    expect(await callsFor(options, [[env], [env], [env]])).toBe(1)
    expect(env.kept).toBeDefined()
  })

  it('can be set where a class does it, with private fields', async () => {
    class Settings {
      #kept: unknown
      set kept(value: unknown) {
        this.#kept = value
      }
      get kept() {
        return this.#kept
      }
    }
    const env = new Settings()
    const options = reads((given: Settings) => {
      given.kept = 'kept'
    })
    expect(await callsFor(options, [[env], [env]])).toBe(1)
    expect(env.kept).toBe('kept')
  })

  it('that are wrapped anew each time they are read have a guard each, of which 32 are kept', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const env = { STORE: new Store() }
    const options = reads((given: typeof env) => given.STORE)
    expect(
      await callsFor(
        options,
        Array.from({ length: 40 }, () => [openTelemetry(env)]),
      ),
    ).toBe(40)
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/more than 32 environments.*"STORE"/)]])
  })
})

describe('at most 32 guards', () => {
  it('are kept; then the oldest goes, with one warning that names what differs', async () => {
    const warn = vi.spyOn(console, 'warn').mockReturnValue()
    const tenants = Array.from({ length: 33 }, (_, index) => ({ TENANT: `${index}` }))
    const options = vi.fn(reads((env: { readonly TENANT: string }) => env.TENANT))
    const guarded = withCaracal(() => new Response(), options) as Fetch
    const send = async (count: number) => {
      for (const tenant of tenants.slice(0, count)) await guarded(bearer(token), tenant)
    }
    await send(32)
    await send(32)
    expect([options.mock.calls.length, warn.mock.calls.length]).toEqual([32, 0])
    await guarded(bearer(token), tenants[32])
    await guarded(bearer(token), tenants[32])
    await guarded(bearer(token), { TENANT: '31' })
    expect(options.mock.calls.length, 'the others are still there').toBe(33)
    await guarded(bearer(token), tenants[0])
    expect(options.mock.calls.length, 'the oldest is not').toBe(34)
    await send(33)
    expect(warn.mock.calls).toEqual([[expect.stringContaining('"TENANT"')]])
    expect(warn.mock.calls.join()).not.toMatch(/TENANT": |'32'/)
  })
})

it('takes no trap from Object.prototype, so that nobody reads or hides what is read', async () => {
  class Platform {
    readonly #tenant: string
    constructor(tenant: string) {
      this.#tenant = tenant
    }
    get audience() {
      return `resource://${this.#tenant}`
    }
    nameOf() {
      return this.#tenant
    }
  }
  const isKept = (env: object) =>
    Reflect.defineProperty(env, 'kept', { value: true }) && Object.hasOwn(env, 'kept')
  const traps = {
    apply: () => 'api',
    has: () => true,
    ownKeys: () => [],
    defineProperty: () => true,
    deleteProperty: () => true,
    getOwnPropertyDescriptor: () => undefined,
    getPrototypeOf: () => null,
    isExtensible: () => true,
  }
  const guarded = withCaracal(
    () => new Response(),
    (env: Platform) => ({
      ...others,
      audience: 'none' in env ? 'resource://api' : env.audience,
      requiredScopes:
        isKept(env) && env.nameOf instanceof Function && env.nameOf() === 'api' ? [] : ['admin'],
    }),
  ) as Fetch
  const statuses = await polluted(traps, async () => {
    const all: number[] = []
    for (const tenant of ['api', 'other', 'api', 'other']) {
      all.push((await guarded(bearer(token), new Platform(tenant))).status)
    }
    return all.join()
  })
  expect(statuses).toBe('200,401,200,401')
})

describe('an environment that throws', () => {
  const unreadable = () =>
    new Proxy(
      {},
      {
        get: () => raise(new TypeError('hunter2')),
        has: () => raise(new TypeError('hunter2')),
        getOwnPropertyDescriptor: () => raise(new TypeError('hunter2')),
        ownKeys: () => raise(new TypeError('hunter2')),
        getPrototypeOf: () => raise(new TypeError('hunter2')),
        isExtensible: () => raise(new TypeError('hunter2')),
      },
    )

  it('does no harm where nothing of it is read', async () => {
    expect(await callsFor(() => issuer.options, [[unreadable()], [{}], [unreadable()]])).toBe(1)
  })

  it.each<[string, (env: Readonly<Record<string, unknown>>) => unknown]>([
    ['a member', (env) => env.A],
    ['a name', (env) => 'A' in env],
    ['a property', (env) => Object.hasOwn(env, 'A')],
    ['all', (env) => ({ ...env })],
    ['its class', (env) => env instanceof Map],
    ['its state', (env) => Object.isFrozen(env)],
  ])('throws in the function, which is not called again for another one of the kind: %s', async (_, read) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const options = vi.fn(reads(read))
    const guarded = withCaracal(() => new Response(), options) as Fetch
    for (let count = 0; count < 5; count++) {
      expect((await guarded(bearer(token), unreadable())).status).toBe(500)
    }
    expect((await guarded(bearer(token), { A: 1 })).status).toBe(200)
    expect(options).toHaveBeenCalledTimes(2)
    expect(log.mock.calls).toEqual([
      ['caracal-edge: the options function threw TypeError:', new TypeError('hunter2')],
    ])
  })

  it.each<[string, () => unknown]>([
    ['other words', () => new TypeError('other')],
    ['another kind', () => new RangeError('hunter2')],
    ['a text', () => 'hunter2'],
    ['what cannot be inspected', () => unreadable()],
  ])('with %s is another one', async (_, error) => {
    vi.spyOn(console, 'error').mockReturnValue()
    const options = vi.fn(reads((env: { readonly A: unknown }) => env.A))
    const guarded = withCaracal(() => new Response(), options) as Fetch
    await guarded(bearer(token), unreadable())
    await guarded(bearer(token), {
      get A() {
        return raise(error())
      },
    })
    expect(options).toHaveBeenCalledTimes(2)
  })
})

/** As objects have it themselves. */
function oldHasOwn(object: object, name: string): unknown {
  return Reflect.apply(Reflect.get(object, 'hasOwnProperty') as () => boolean, object, [name])
}

function raise(error: unknown): never {
  throw error
}
