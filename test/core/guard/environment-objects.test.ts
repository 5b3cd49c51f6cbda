// Environments that are more than plain objects: instances of classes, bindings of a platform, and those that throw.

import { withCaracal } from 'caracal-edge'
import { afterEach, describe, expect, it, vi } from 'vitest'
import {
  callsFor,
  type Fetch,
  issuer,
  type Options,
  oldHasOwn,
  reads,
  token,
} from '../support/environment-options.ts'
import { openTelemetry } from '../support/environments.ts'
import { bearer } from '../support/requests.ts'

afterEach(() => {
  vi.restoreAllMocks()
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
    ['a cause', () => new TypeError('hunter2', { cause: 'tenant b' })],
    ['a member of its own', () => Object.assign(new TypeError('hunter2'), { tenant: 'b' })],
    ['another class of the same name', () => new (class extends TypeError {})('hunter2')],
    ['a getter of its class', () => new TenantError('hunter2')],
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

  it.each<[string, () => unknown, () => unknown]>([
    [
      'a sign of its name',
      () => new DOMException('hunter2', 'tenant a'),
      () => new DOMException('hunter2', 'tenanta'),
    ],
    ['what a getter of its class gives', () => new TenantError('', 'a'), () => new TenantError('', 'b')],
  ])('differs from another one in no more than %s', async (_, one, other) => {
    vi.spyOn(console, 'error').mockReturnValue()
    const options = vi.fn(reads((env: { readonly A: unknown }) => env.A))
    const guarded = withCaracal(() => new Response(), options) as Fetch
    for (const error of [one, other, one, other]) {
      await guarded(bearer(token), {
        get A() {
          return raise(error())
        },
      })
    }
    expect(options).toHaveBeenCalledTimes(2)
  })
})

class TenantError extends TypeError {
  readonly #tenant: string
  constructor(message: string, tenant = '') {
    super(message)
    this.#tenant = tenant
  }
  get tenant(): string {
    return this.#tenant
  }
}

function raise(error: unknown): never {
  throw error
}
