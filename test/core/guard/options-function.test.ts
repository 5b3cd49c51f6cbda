// Options that are a function of the platform arguments: when it is called, what is kept, and what its mistakes cause.

import { CaracalConfigError, type CaracalOptions, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { countedKeySet } from '../support/counted-key-set.ts'
import { anonymous, bearer } from '../support/requests.ts'

interface Env {
  readonly tenant: string
}

const issuer = createTestIssuer()
const token = await issuer.mint()
const ok: (...all: readonly unknown[]) => Response = () => new Response('ok')

describe('the function', () => {
  it('is called with every platform argument, at the first request and not before', async () => {
    const options = vi.fn((_: Env, __: string, ___: number): CaracalOptions => issuer.options)
    const guarded = withCaracal(ok, options)
    expect(options).not.toHaveBeenCalled()
    const env = { tenant: 'a' }
    await guarded(bearer(token), env, 'ctx', 7)
    expect(options.mock.calls).toEqual([[env, 'ctx', 7]])
  })

  it('gives each environment its own options', async () => {
    const guarded = withCaracal(ok, (env: Env) => ({
      ...issuer.options,
      audience: `resource://${env.tenant}`,
    }))
    const [a, b] = [{ tenant: 'a' }, { tenant: 'b' }]
    const forA = await issuer.mint({ audience: 'resource://a' })
    const statuses: number[] = []
    for (const env of [a, b, a, b]) statuses.push((await guarded(bearer(forA), env)).status)
    expect(statuses).toEqual([200, 401, 200, 401])
  })

  it('is called only once if it has no parameters, however many environments there are', async () => {
    const options = vi.fn(() => issuer.options)
    const guarded = withCaracal(ok, () => options())
    const withEnv = guarded as (request: Request, env: unknown) => Promise<Response>
    for (const env of [{ tenant: 'a' }, { tenant: 'b' }, undefined]) {
      expect((await withEnv(bearer(token), env)).status).toBe(200)
    }
    expect(options).toHaveBeenCalledTimes(1)
  })

  it('is called for each environment that is not an object, too', async () => {
    const guarded = withCaracal(ok, (tenant: string) => ({
      ...issuer.options,
      audience: `resource://${tenant}`,
    }))
    const forA = await issuer.mint({ audience: 'resource://a' })
    const statuses: number[] = []
    for (const tenant of ['a', 'b', 'b', 'a']) statuses.push((await guarded(bearer(forA), tenant)).status)
    expect(statuses).toEqual([200, 401, 401, 200])
  })

  it('is called for each environment all the same if it has variables of the guard', async () => {
    const { audience: _, ...others } = issuer.options
    const guarded = withCaracal(ok, () => others) as (request: Request, env: unknown) => Promise<Response>
    const [a, b] = [{ CARACAL_AUDIENCE: 'resource://a' }, { CARACAL_AUDIENCE: 'resource://b' }]
    const forA = await issuer.mint({ audience: 'resource://a' })
    const statuses: number[] = []
    for (const env of [a, b, a, b]) statuses.push((await guarded(bearer(forA), env)).status)
    expect(statuses).toEqual([200, 401, 200, 401])
  })

  it.each([undefined, null, 'production', 7])('is called once if the environment is %j', async (env) => {
    const options = vi.fn((_: unknown) => issuer.options)
    const guarded = withCaracal(ok, options)
    for (let count = 0; count < 3; count += 1) await guarded(bearer(token), env)
    expect(options).toHaveBeenCalledTimes(1)
  })

  it('can leave out what the environment provides', async () => {
    const { revocations, keySet } = issuer.options
    const env = {
      CARACAL_STS_URL: issuer.issuer,
      CARACAL_ZONE_ID: 'zone-1',
      CARACAL_AUDIENCE: issuer.audience,
    }
    const guarded = withCaracal(ok, (_: typeof env) => ({
      revocations,
      keySet,
    }))
    expect((await guarded(bearer(token), env)).status).toBe(200)
  })

  it('keeps the key set: it is not fetched again when the function is called again', async () => {
    const keySet = countedKeySet(issuer)
    const guarded = withCaracal(ok, (_: Env) => ({
      ...issuer.options,
      keySet,
    }))
    for (let count = 0; count < 5; count += 1) await guarded(bearer(token), { tenant: `${count}` })
    await withCaracal(ok, { ...issuer.options, keySet: { ...keySet } })(bearer(token))
    expect(keySet.fetch).toHaveBeenCalledTimes(1)
  })
})

describe('a mistake that is found only at a request', () => {
  let log: MockInstance
  beforeEach(() => {
    log = vi.spyOn(console, 'error').mockReturnValue()
  })
  afterEach(() => {
    log.mockRestore()
  })

  const logged = () => log.mock.calls.map(([line]) => String(line))

  it.each<{ mistake: string; options: (env: Env) => unknown; says: string }>([
    { mistake: 'a thrown error', options: () => thrown(new TypeError('hunter2')), says: 'threw TypeError' },
    { mistake: 'something else thrown', options: () => thrown('hunter2'), says: 'threw string' },
    { mistake: 'nothing given', options: () => undefined, says: 'the options function returned undefined' },
    { mistake: 'a promise', options: async () => issuer.options, says: 'promise' },
    {
      mistake: 'a promise that is rejected',
      options: async () => thrown(new Error('hunter2')),
      says: 'promise',
    },
    {
      mistake: 'unsound options',
      options: () => ({ ...issuer.options, audience: 7 }),
      says: 'audience must be a string',
    },
    {
      mistake: 'an insecure issuer',
      options: () => ({ ...issuer.options, issuer: 'http://hunter2.test' }),
      says: 'issuer',
    },
    {
      mistake: 'a configuration error',
      options: () => thrown(new CaracalConfigError(['No url.'])),
      says: 'No url.',
    },
  ])('is a 500 with its details only in the log: $mistake', async ({ options, says }) => {
    const handler = vi.fn(ok)
    const guarded = withCaracal(handler, options as (env: Env) => CaracalOptions)
    const response = await guarded(bearer(token), { tenant: 'a' })
    expect(response.status).toBe(500)
    const body = await response.text()
    expect(JSON.parse(body)).toMatchObject({ error: 'server_error' })
    expect(body).not.toContain('hunter2')
    expect(body).not.toContain(says)
    expect(handler).not.toHaveBeenCalled()
    expect(logged()).toEqual([expect.stringContaining(says)])
    expect(logged().join()).toContain('caracal-edge')
    expect(logged().join()).not.toContain('hunter2')
    await new Promise((resolve) => setTimeout(resolve, 0)) // for an unhandled rejection to be seen
  })

  it('is logged with message and stack if the function threw: it is the developer’s own code', async () => {
    const error = new TypeError('env.REDIS is not defined')
    const guarded = withCaracal(ok, () => thrown(error))
    for (let count = 0; count < 3; count++) await guarded(bearer(token))
    expect(log.mock.calls).toEqual([['caracal-edge: the options function threw TypeError:', error]])
    expect(log.mock.calls[0]?.[1]).toBe(error)
    expect(error.stack).toContain('options-function.test')
  })

  it('leaves no path open, not even an excluded one', async () => {
    const guarded = withCaracal(ok, () => ({ ...issuer.options, exclude: ['/open'], maxHopCount: -1 }))
    expect((await guarded(anonymous('/open'))).status).toBe(500)
  })

  it('in bindings that replace valid variables is a 500 as well', async () => {
    const { revocations, keySet } = issuer.options
    const sound = {
      CARACAL_STS_URL: issuer.issuer,
      CARACAL_ZONE_ID: 'zone-1',
      CARACAL_AUDIENCE: issuer.audience,
    }
    const guarded = withCaracal(ok, (_: typeof sound) => ({
      revocations,
      keySet,
    }))
    expect((await guarded(bearer(token), sound)).status).toBe(200)
    expect((await guarded(bearer(token), { ...sound, CARACAL_STS_URL: 'http://hunter2.test' })).status).toBe(
      500,
    )
    expect(logged().join()).toContain('CARACAL_STS_URL must')
    expect(logged().join()).not.toContain('hunter2')
  })
})

function thrown(error: unknown): never {
  throw error
}
