// `caracal()` with everything from the environment, and options that are a function of `c.env`.

import { CaracalConfigError, InMemoryRevocationStore } from 'caracal-edge'
import { type CaracalEnv, type CaracalHonoOptions, caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'
import { isWorkerd } from '../support/upgrade.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const { keySet } = issuer.options
const VARIABLES: Readonly<Record<string, string>> = {
  CARACAL_STS_URL: issuer.issuer,
  CARACAL_ZONE_ID: issuer.zoneId,
  CARACAL_AUDIENCE: issuer.audience,
  UPSTASH_REDIS_REST_URL: 'https://redis.test',
  UPSTASH_REDIS_REST_TOKEN: 'redis-token',
}

/** The environment of the runtime before any request. */
const runtime: Record<string, unknown> = isWorkerd ? (await import('cloudflare:workers')).env : process.env

function provide(variables: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(VARIABLES)) delete runtime[name]
  Object.assign(runtime, variables)
}

/** A mock of the STS and of Redis, which this suite cannot start: test/redis and test/runtimes have real ones. */
function network(revoked: 0 | 1 = 0) {
  return vi.fn(async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    if (request.url.startsWith(issuer.issuer)) return issuer.handler(request)
    const [, ...keys] = (await request.json()) as string[]
    return Response.json({ result: keys.map((key) => (revoked && !key.includes('epoch') ? 'MQ==' : null)) })
  })
}

const guardedBy = (...given: Parameters<typeof caracal>) =>
  new Hono<CaracalEnv>().use(caracal(...given)).get('*', (c) => c.text('reached'))

afterEach(() => {
  provide({})
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

describe('caracal() without options', () => {
  it.each([
    { state: 'clean', revoked: 0, status: 200 },
    { state: 'revoked', revoked: 1, status: 401 },
  ] as const)('asks the STS and the Redis that the variables name: $state', async ({ revoked, status }) => {
    provide(VARIABLES)
    const fetch = network(revoked)
    vi.stubGlobal('fetch', fetch)
    expect((await guardedBy().fetch(bearer(token))).status).toBe(status)
    const asked = fetch.mock.calls.map(([input, init]) => new Request(input, init))
    const redis = asked.find(({ url }) => url.startsWith('https://redis.test'))
    expect(redis?.headers.get('authorization')).toBe('Bearer redis-token')
  })

  it('is not the same as an undefined argument', () => {
    provide(VARIABLES)
    const { strict }: { readonly strict?: CaracalHonoOptions } = {}
    expect(() => Reflect.apply(caracal, undefined, [strict])).toThrow('must be an object, not undefined')
  })

  it('names every missing variable in one error', () => {
    expect(() => caracal()).toThrow(CaracalConfigError)
    for (const name of Object.keys(VARIABLES)) expect(() => caracal()).toThrow(name)
  })

  it.each(Object.keys(VARIABLES))('names the missing one: %s', (name) => {
    const { [name]: _, ...others } = VARIABLES
    provide(others)
    const missing = issuesOf(() => caracal())
    expect([missing.length, missing.join()]).toEqual([1, expect.stringContaining(name)])
  })

  it('names missing and invalid variables together', () => {
    provide({ CARACAL_STS_URL: 'http://hunter2.test', UPSTASH_REDIS_REST_URL: 'hunter2' })
    const issues = issuesOf(() => caracal({ maxHopCount: -1 })).join('\n')
    const expected = [
      'maxHopCount must',
      'audience is missing: give the option, or set CARACAL_AUDIENCE',
      'set CARACAL_ZONE_ID',
      'CARACAL_STS_URL must',
      'revocations is missing, and UPSTASH_REDIS_REST_URL must',
      'revocations is missing, and UPSTASH_REDIS_REST_TOKEN is not set',
    ]
    for (const issue of expected) expect(issues).toContain(issue)
    expect(issues).not.toContain('hunter2')
  })

  it('needs no Redis if a store is given, and refuses an invalid store', async () => {
    const { UPSTASH_REDIS_REST_URL: _, UPSTASH_REDIS_REST_TOKEN: __, ...variables } = VARIABLES
    provide(variables)
    const revocations = new InMemoryRevocationStore()
    expect((await guardedBy({ revocations, keySet }).fetch(bearer(token))).status).toBe(200)
    provide(VARIABLES)
    for (const store of [undefined, null, {}, InMemoryRevocationStore]) {
      const options = { keySet, revocations: store } as unknown as CaracalHonoOptions
      expect(issuesOf(() => caracal(options)).join()).toContain('revocations')
    }
  })

  it("prefers each binding of the request to the runtime's variable", async () => {
    provide({ ...VARIABLES, CARACAL_AUDIENCE: 'resource://other' })
    vi.stubGlobal('fetch', network())
    const app = guardedBy()
    const statuses: number[] = []
    for (const env of [{}, { CARACAL_AUDIENCE: issuer.audience }, { CARACAL_AUDIENCE: ' ' }, undefined]) {
      statuses.push((await app.fetch(bearer(token), env)).status)
    }
    expect(statuses).toEqual([401, 200, 401, 401])
  })

  it('takes the Redis from the bindings, and refuses requests if those are invalid', async () => {
    provide(VARIABLES)
    const fetch = network()
    vi.stubGlobal('fetch', fetch)
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const app = guardedBy()
    expect((await app.fetch(bearer(token), { UPSTASH_REDIS_REST_URL: 'https://other.test' })).status).toBe(
      200,
    )
    expect(fetch.mock.calls.some(([input]) => new Request(input).url.startsWith('https://other.test'))).toBe(
      true,
    )
    expect((await app.fetch(bearer(token), { UPSTASH_REDIS_REST_URL: 'http://hunter2.test' })).status).toBe(
      500,
    )
    expect(log.mock.calls.join()).toContain('UPSTASH_REDIS_REST_URL must')
    expect(log.mock.calls.join()).not.toContain('hunter2')
  })

  it('can take only the token of that Redis from the bindings', async () => {
    provide(VARIABLES)
    const fetch = network()
    vi.stubGlobal('fetch', fetch)
    await guardedBy().fetch(bearer(token), { UPSTASH_REDIS_REST_TOKEN: 'other-token' })
    const tokens = fetch.mock.calls.map(([input, init]) =>
      new Request(input, init).headers.get('authorization'),
    )
    expect(tokens).toContain('Bearer other-token')
  })
})

describe('options that are a function of c.env', () => {
  interface Bindings {
    readonly tenant: string
  }

  it('are called once for each environment, at its first request', async () => {
    const options = vi.fn((env: Bindings) => ({ ...issuer.options, audience: `resource://${env.tenant}` }))
    const app = new Hono<{ Bindings: Bindings }>().use(caracal(options)).get('*', (c) => c.text('reached'))
    expect(options).not.toHaveBeenCalled()
    const [a, b] = [{ tenant: 'a' }, { tenant: 'b' }]
    const forA = await issuer.mint({ audience: 'resource://a' })
    const statuses: number[] = []
    for (const env of [a, b, a, b]) statuses.push((await app.fetch(bearer(forA), env)).status)
    expect(statuses).toEqual([200, 401, 200, 401])
    expect(options.mock.calls).toEqual([[a], [b]])
  })

  it('can leave everything to the bindings', async () => {
    vi.stubGlobal('fetch', network())
    const app = guardedBy((_) => ({}))
    expect((await app.fetch(bearer(token), VARIABLES)).status).toBe(200)
  })

  it.each<{ mistake: string; options: () => unknown; says: string }>([
    { mistake: 'an error', options: () => fails(), says: 'the options function threw TypeError' },
    { mistake: 'nothing', options: () => undefined, says: 'returned undefined' },
    { mistake: 'a promise', options: async () => issuer.options, says: 'promise' },
    {
      mistake: 'unsound options',
      options: () => ({ ...issuer.options, maxHopCount: -1 }),
      says: 'maxHopCount',
    },
    {
      mistake: 'too little',
      options: () => ({ ...issuer.options, revocations: undefined }),
      says: 'revocations',
    },
    { mistake: 'what the environment lacks', options: () => ({ keySet }), says: 'UPSTASH_REDIS_REST_TOKEN' },
  ])('cause a 500 with the details only in the log if they return $mistake', async ({ options, says }) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const app = guardedBy(options as () => CaracalHonoOptions)
    for (const request of [bearer(token), anonymous()]) {
      const response = await app.fetch(request)
      expect([response.status, await response.json()]).toEqual([
        500,
        expect.objectContaining({ error: 'server_error' }),
      ])
    }
    // Once, however many requests there are.
    expect(log.mock.calls.map(([line]) => line)).toEqual([expect.stringContaining(says)])
    expect(log.mock.calls.map(([line]) => line).join()).not.toContain('hunter2')
  })
})

function issuesOf(build: () => unknown): readonly string[] {
  try {
    build()
  } catch (error) {
    if (error instanceof CaracalConfigError) return error.issues
    throw error
  }
  return []
}

function fails(): never {
  throw new TypeError('hunter2')
}
