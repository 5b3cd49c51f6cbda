// The variables that name a database: Upstash's own names, and those of Vercel's integration.

import { CaracalConfigError } from 'caracal-edge'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { isWorkerd } from '../support/upgrade.ts'

const UPSTASH = { UPSTASH_REDIS_REST_URL: 'https://upstash.test', UPSTASH_REDIS_REST_TOKEN: 'upstash-token' }
const KV = { KV_REST_API_URL: 'https://kv.test', KV_REST_API_TOKEN: 'kv-token' }
const { UPSTASH_REDIS_REST_URL, UPSTASH_REDIS_REST_TOKEN } = UPSTASH
const { KV_REST_API_URL, KV_REST_API_TOKEN } = KV

/** The environment that the runtime has before any request. */
const runtime: Record<string, unknown> = isWorkerd ? (await import('cloudflare:workers')).env : process.env

afterEach(() => {
  for (const name of Object.keys({ ...UPSTASH, ...KV })) delete runtime[name]
  vi.unstubAllGlobals()
})

/** Where a look-up goes, and with which token; or the issues. */
async function asked(bindings: object | undefined, variables: object = {}): Promise<unknown> {
  Object.assign(runtime, variables)
  const fetch = vi.fn(async (_: string | URL | Request, __?: RequestInit) =>
    Response.json({ result: [null] }),
  )
  vi.stubGlobal('fetch', fetch)
  try {
    await UpstashRevocationStore.fromEnv(bindings).lookup({ anchors: ['a'], zoneId: undefined })
  } catch (error) {
    if (error instanceof CaracalConfigError) return error.issues
    throw error
  }
  const [[input, init] = []] = fetch.mock.calls
  return [String(input), new Headers(init?.headers).get('authorization')]
}

const [upstash, kv] = [
  ['https://upstash.test', 'Bearer upstash-token'],
  ['https://kv.test', 'Bearer kv-token'],
]

describe('the database is that of', () => {
  it.each([
    { title: "Upstash's names", bindings: UPSTASH, runs: {}, is: upstash },
    { title: "Vercel's names", bindings: KV, runs: {}, is: kv },
    { title: "Upstash's names before Vercel's", bindings: { ...KV, ...UPSTASH }, runs: {}, is: upstash },
    { title: 'the runtime', bindings: {}, runs: KV, is: kv },
    { title: 'the runtime, without bindings', bindings: undefined, runs: UPSTASH, is: upstash },
    { title: 'the runtime, of both', bindings: {}, runs: { ...KV, ...UPSTASH }, is: upstash },
    { title: 'the bindings before the runtime', bindings: KV, runs: UPSTASH, is: kv },
    {
      title: 'the names whose other one is blank',
      bindings: { ...KV, UPSTASH_REDIS_REST_URL: ' ' },
      runs: {},
      is: kv,
    },
    {
      title: 'one pair of names, whose token the runtime has',
      bindings: { KV_REST_API_URL },
      runs: { KV_REST_API_TOKEN },
      is: kv,
    },
  ])('$title', async ({ bindings, runs, is }) => {
    expect(await asked(bindings, runs)).toEqual(is)
  })
})

const unset = (name: string) => `${name} is not set: set it to what the database shows as its REST API`

describe('a URL of one pair and a token of the other are never combined:', () => {
  const TOGETHER = /^UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN belong together.*KV_REST_API_URL/
  it.each([
    { bindings: { UPSTASH_REDIS_REST_URL, KV_REST_API_TOKEN }, lacks: unset('UPSTASH_REDIS_REST_TOKEN') },
    { bindings: { KV_REST_API_URL, UPSTASH_REDIS_REST_TOKEN }, lacks: unset('UPSTASH_REDIS_REST_URL') },
    { bindings: { ...KV, UPSTASH_REDIS_REST_URL }, lacks: unset('UPSTASH_REDIS_REST_TOKEN') },
    { bindings: { ...KV, UPSTASH_REDIS_REST_TOKEN }, lacks: unset('UPSTASH_REDIS_REST_URL') },
    { bindings: { UPSTASH_REDIS_REST_URL }, runs: KV, lacks: unset('UPSTASH_REDIS_REST_TOKEN') },
  ])('$bindings', async ({ bindings, runs, lacks }) => {
    expect(await asked(bindings, runs)).toEqual([lacks, expect.stringMatching(TOGETHER)])
  })

  it('and a pair that lacks one is not completed', async () => {
    expect(await asked({ KV_REST_API_URL })).toEqual([unset('KV_REST_API_TOKEN')])
    expect(await asked({ KV_REST_API_TOKEN })).toEqual([unset('KV_REST_API_URL')])
    expect(await asked({})).toEqual([unset('UPSTASH_REDIS_REST_URL'), unset('UPSTASH_REDIS_REST_TOKEN')])
  })
})

describe('a variable that is not text is called what it is', () => {
  class SecretsStoreSecret {
    async get() {
      return 'hunter2'
    }
  }
  it.each([
    {
      value: new SecretsStoreSecret(),
      is: 'an object with a `get` method, such as a secret of the Secrets Store',
    },
    { value: { get: () => 'hunter2' }, is: 'an object with a `get` method' },
    { value: 7777, is: 'a number' },
    { value: true, is: 'a boolean' },
    { value: ['hunter2'], is: 'a list' },
    { value: {}, is: 'an object' },
  ])('$is', async ({ value, is }) => {
    const bindings = { ...UPSTASH, UPSTASH_REDIS_REST_TOKEN: value }
    // The runtime's own is not used in its place: it may be of another database.
    const issues = await asked(bindings, UPSTASH)
    expect(issues).toEqual([expect.stringContaining(`UPSTASH_REDIS_REST_TOKEN must be a string, not ${is}`)])
    expect(String(issues)).not.toMatch(/is not set|hunter2|7777/)
  })

  it('also for a pass over the streams', async () => {
    const env = { ...KV, STREAMS_HMAC_KEY: new SecretsStoreSecret() }
    await expect(syncRevocations({ env })).rejects.toThrow(
      /STREAMS_HMAC_KEY must be a string, not an object with a `get` method.*Secrets Store/,
    )
  })
})

it('a pass over the streams takes Vercel’s names, and http: only where it is allowed', async () => {
  const fetch = vi.fn(async () => Response.json({ error: 'hunter2' }, { status: 400 }))
  vi.stubGlobal('fetch', fetch)
  const env = { ...KV, KV_REST_API_URL: 'http://kv.internal:1', STREAMS_HMAC_KEY: 'ab'.repeat(32) }
  const options = { url: 'http://kv.internal:1', token: 'token' }
  await expect(syncRevocations({ env })).rejects.toThrow('KV_REST_API_URL must be an https: URL')
  await expect(syncRevocations({ env, ...options })).rejects.toThrow('url must be an https: URL')
  expect(fetch).not.toHaveBeenCalled()
  const warn = vi.spyOn(console, 'warn').mockReturnValue()
  const allowing = { ...env, CARACAL_ALLOW_INSECURE_CONFIG_URLS: 'true' }
  for (const given of [{ env: allowing }, { env: allowing, ...options }]) {
    expect(await syncRevocations(given)).toMatchObject({ fault: 'status' })
  }
  expect(fetch.mock.calls.map(([input]: readonly unknown[]) => String(input))).toContain(
    'http://kv.internal:1',
  )
  expect(warn).toHaveBeenCalledTimes(1)
  warn.mockRestore()
})
