// Which requests share a guard: those whose environments are the same in all that was read. At most 32 guards are kept.

import { type CaracalOptions, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { type CaracalHonoOptions, caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type Fetch, issuer, type Options, reads, token } from '../support/environment-options.ts'
import { WRAPPERS } from '../support/environments.ts'
import { bearer } from '../support/requests.ts'

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
