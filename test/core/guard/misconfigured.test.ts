// A guard that cannot be built refuses every request, and requests can cause neither work nor log lines.

import { CaracalConfigError, type CaracalOptions, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { holdClock, later, setBack } from '../support/held-clock.ts'
import { anonymous, bearer } from '../support/requests.ts'

interface Env {
  readonly tenant: string
}
type Fetch = (request: Request, ...platform: unknown[]) => Promise<Response> | Response

holdClock()

const issuer = createTestIssuer()
const MINUTE = 60_000

let log: MockInstance
let token: string
beforeEach(async () => {
  token = await issuer.mint({ lifetimeSeconds: 3_600 })
  log = vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** Options that are invalid until the test changes that. */
function broken() {
  let isMended = false
  const make = vi.fn((..._: readonly unknown[]): CaracalOptions => {
    if (!isMended) throw new Error('not yet')
    return issuer.options
  })
  return {
    make,
    mend: () => {
      isMended = true
    },
  }
}

const ADAPTERS: Readonly<Record<string, (options: (env: Env) => CaracalOptions) => Fetch>> = {
  withCaracal: (options) => withCaracal(() => new Response('ok'), options) as Fetch,
  guardFetch: (options) =>
    guardFetch({ fetch: (_: Request, __: Env) => new Response('ok') }, options).fetch as Fetch,
  hono: (options) => {
    const app = new Hono().use(caracal(options)).get('*', (c) => c.text('ok'))
    return (request, env) => app.fetch(request, env as object)
  },
}

const env: Env = { tenant: 'a' }

describe.each(Object.entries(ADAPTERS))('%s', (_, adapt) => {
  it.each<[string, (make: (env?: Env) => CaracalOptions) => (env: Env) => CaracalOptions]>([
    ['with a parameter', (make) => (given) => make(given)],
    ['without one', (make) => () => make()],
  ])('calls an options function %s once in a minute, and logs once', async (_, form) => {
    const { make, mend } = broken()
    const guarded = adapt(form(make))
    const statuses = async (count: number) => {
      const all: number[] = []
      for (let done = 0; done < count; done++) all.push((await guarded(bearer(token), env)).status)
      return [...new Set(all)]
    }
    expect(await statuses(100)).toEqual([500])
    later(MINUTE - 1)
    mend()
    expect(await statuses(100), 'although it could be built now').toEqual([500])
    expect([make.mock.calls.length, log.mock.calls.length]).toEqual([1, 1])
    later(1)
    expect(await statuses(100)).toEqual([200])
    expect([make.mock.calls.length, log.mock.calls.length]).toEqual([2, 1])
    later(10 * MINUTE)
    expect(await statuses(2), 'what was built is kept').toEqual([200])
    expect(make).toHaveBeenCalledTimes(2)
  })
})

describe('a guard that cannot be built', () => {
  it('is built again every minute, and each attempt is in the log', async () => {
    const { make } = broken()
    const guarded = withCaracal(
      () => new Response(),
      (_: Env) => make(),
    )
    for (let minute = 0; minute < 5; minute++) {
      for (let count = 0; count < 10; count++) await guarded(anonymous(), env)
      later(MINUTE)
    }
    expect([make.mock.calls.length, log.mock.calls.length]).toEqual([5, 5])
  })

  it('leaves no path open, with or without a mandate', async () => {
    const handler = vi.fn(() => new Response())
    const guarded = withCaracal(handler, (_: Env) => ({
      ...issuer.options,
      exclude: ['/open'],
      maxHopCount: -1,
    }))
    for (const request of [anonymous('/open'), anonymous('/'), bearer(token), bearer(token)]) {
      expect((await guarded(request, env)).status).toBe(500)
    }
    expect(handler).not.toHaveBeenCalled()
    expect(log).toHaveBeenCalledTimes(1)
  })

  it('for one environment refuses only there', async () => {
    const make = vi.fn(({ tenant }: Env) => ({ ...issuer.options, maxHopCount: tenant === 'good' ? 10 : -1 }))
    const guarded = withCaracal(() => new Response(), make)
    const [good, ...bad] = [{ tenant: 'good' }, { tenant: 'bad' }, { tenant: 'worse' }]
    for (let count = 0; count < 10; count++) {
      expect((await guarded(bearer(token), good)).status).toBe(200)
      for (const env of bad) expect((await guarded(bearer(token), env)).status).toBe(500)
    }
    expect([make.mock.calls.length, log.mock.calls.length], 'once for each environment').toEqual([3, 2])
  })

  it.each([undefined, null, 'production', 7])('for the environment %j refuses, too', async (given) => {
    const { make, mend } = broken()
    const guarded = withCaracal(
      () => new Response(),
      (_: unknown) => make(),
    )
    for (let count = 0; count < 10; count++) await guarded(bearer(token), given)
    expect([make.mock.calls.length, log.mock.calls.length]).toEqual([1, 1])
    mend()
    later(MINUTE)
    expect((await guarded(bearer(token), given)).status).toBe(200)
  })

  it('for invalid bindings and valid variables refuses, too', async () => {
    const { revocations, keySet } = issuer.options
    const sound = {
      CARACAL_STS_URL: issuer.issuer,
      CARACAL_ZONE_ID: 'zone-1',
      CARACAL_AUDIENCE: issuer.audience,
    }
    const unsound = { ...sound, CARACAL_STS_URL: 'ftp://hunter2.test' }
    const make = vi.fn(() => ({ revocations, keySet }))
    const guarded = withCaracal(
      () => new Response(),
      () => make(),
    ) as Fetch
    for (let count = 0; count < 10; count++) {
      expect((await guarded(bearer(token), sound)).status).toBe(200)
      expect((await guarded(bearer(token), unsound)).status).toBe(500)
    }
    expect([make.mock.calls.length, log.mock.calls.length]).toEqual([2, 1])
  })

  it('for an environment that cannot be read, however new, too', async () => {
    const unreadable = () => new Proxy({}, { getOwnPropertyDescriptor: () => raise() })
    const { audience: _, ...others } = issuer.options
    const guarded = withCaracal(
      () => new Response(),
      () => others as CaracalOptions,
    ) as Fetch
    for (let count = 0; count < 10; count++) {
      expect((await guarded(bearer(token), unreadable())).status).toBe(500)
    }
    expect(log.mock.calls).toEqual([
      ['caracal-edge: the options function threw TypeError:', new TypeError('hunter2')],
    ])
  })

  it('is known by what was read before it failed, whatever the platform passes', async () => {
    const { make, mend } = broken()
    const guarded = withCaracal(
      () => new Response(),
      (given: Env) => make(given.tenant),
    )
    const info = (tenant: string) => ({ tenant, remoteAddr: {} })
    for (let count = 0; count < 10; count++) {
      for (const tenant of ['a', 'b']) expect((await guarded(bearer(token), info(tenant))).status).toBe(500)
    }
    expect(make.mock.calls).toEqual([['a'], ['b']])
    expect(log).toHaveBeenCalledTimes(2)
    mend()
    later(MINUTE)
    for (const tenant of ['a', 'b']) expect((await guarded(bearer(token), info(tenant))).status).toBe(200)
    expect(make).toHaveBeenCalledTimes(4)
  })

  it('for 32 environments refuses all others too, and neither calls nor logs, until one of them is due', async () => {
    vi.spyOn(console, 'warn').mockReturnValue()
    const make = vi.fn(({ remoteAddr }: { readonly remoteAddr: object }): CaracalOptions => {
      throw new Error(`not from ${typeof remoteAddr}`)
    })
    const guarded = withCaracal(() => new Response(), make) as Fetch
    for (let count = 0; count < 100; count++) {
      expect((await guarded(bearer(token), { remoteAddr: {} })).status).toBe(500)
    }
    expect([make.mock.calls.length, log.mock.calls.length]).toEqual([32, 32])
    later(MINUTE)
    expect((await guarded(bearer(token), { remoteAddr: {} })).status).toBe(500)
    expect([make.mock.calls.length, log.mock.calls.length]).toEqual([33, 33])
  })

  it('is built again at once if the clock was set back', async () => {
    const { make, mend } = broken()
    const guarded = withCaracal(
      () => new Response(),
      (_: Env) => make(),
    )
    await guarded(bearer(token), env)
    mend()
    setBack(3_600_000)
    expect((await guarded(anonymous(), env)).status).toBe(401)
  })

  it('rejects warmup with the reason, and still logs it at the first request', async () => {
    const guarded = withCaracal(
      () => new Response(),
      (_: Env) => ({ ...issuer.options, maxHopCount: -1 }),
    )
    for (let count = 0; count < 2; count++) {
      await expect(guarded.warmup(env)).rejects.toBeInstanceOf(CaracalConfigError)
    }
    expect(log).not.toHaveBeenCalled()
    for (let count = 0; count < 2; count++) await guarded(anonymous(), env)
    expect(log.mock.calls).toEqual([[expect.stringContaining('maxHopCount')]])
  })
})

function raise(): never {
  throw new TypeError('hunter2')
}
