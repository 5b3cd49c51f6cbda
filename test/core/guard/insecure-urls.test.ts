// Plain http: outside of the loopback hosts: only where the environment allows it, and never without a warning.

import { type CaracalOptions, createMandateVerifier, withCaracal } from 'caracal-edge'
import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { Hono } from 'hono'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { attempt, SOURCES } from '../support/environment.ts'
import { bearer } from '../support/requests.ts'

/** Each test has hosts of its own: an isolate is warned of a host only once. */
let hosts = 0
const newHost = () => `sts-${hosts++}.internal:8080`

const issuerAt = (host: string) => createTestIssuer({ issuer: `http://${host}` })
const ALLOWED = { CARACAL_ALLOW_INSECURE_CONFIG_URLS: 'true' }

let warn: MockInstance
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockReturnValue()
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

const warnings = () => warn.mock.calls.map(([text]) => String(text))

describe.each(SOURCES)('CARACAL_ALLOW_INSECURE_CONFIG_URLS in $name', (source) => {
  it('allows http: for an issuer in the options', async () => {
    const issuer = issuerAt(newHost())
    expect(await attempt(source, ALLOWED, issuer.options, await issuer.mint())).toBe(200)
  })

  it('allows http: for an issuer in the same environment', async () => {
    const issuer = issuerAt(newHost())
    const { issuer: _, ...others } = issuer.options
    const variables = { ...ALLOWED, CARACAL_STS_URL: issuer.issuer }
    expect(await attempt(source, variables, others, await issuer.mint())).toBe(200)
  })

  it('allows http: for a key set and for the issuer of a route', async () => {
    const [issuer, host] = [issuerAt(newHost()), newHost()]
    const options = {
      ...issuer.options,
      keySet: { ...issuer.options.keySet, url: `http://${host}/jwks.json` },
    }
    expect(await attempt(source, {}, options, '')).toMatch(/issuer must be an https.*\n.*keySet\.url must/)
    const elsewhere = {
      ...issuer.options,
      issuer: 'https://sts.test',
      routes: { '/y': { issuer: `http://${host}` } },
    }
    expect(await attempt(source, {}, elsewhere, '')).toContain('routes["/y"].issuer must be an https: URL')
    expect(await attempt(source, ALLOWED, elsewhere, '')).toBe(401)
  })

  it.each(['TRUE', 'True', ' true', 'true ', 'true\n', '1', 'yes', 'on', 'false', ''])(
    'allows nothing if it is %j',
    async (text) => {
      const variables = { CARACAL_ALLOW_INSECURE_CONFIG_URLS: text }
      const issuer = issuerAt(newHost())
      const complaint = await attempt(source, variables, issuer.options, await issuer.mint())
      expect(complaint).toContain('issuer must be an https: URL')
      expect(complaint).toContain("CARACAL_ALLOW_INSECURE_CONFIG_URLS is exactly 'true'")
      expect(complaint).not.toContain('.internal')
      expect(warn).not.toHaveBeenCalled()
    },
  )

  it('allows no other scheme, and no http: for resourceMetadata', async () => {
    for (const issuer of ['ftp://sts.internal', 'sts.internal', 'http://user@sts.internal']) {
      expect(await attempt(source, ALLOWED, { ...createTestIssuer().options, issuer }, '')).toContain(
        'issuer must',
      )
    }
    const options = { ...createTestIssuer().options, resourceMetadata: 'http://api.internal/meta' }
    expect(await attempt(source, ALLOWED, options, '')).toContain('resourceMetadata must be an https: URL')
  })

  it('does not matter where nothing is insecure', async () => {
    for (const issuer of [
      'https://sts.test',
      'http://localhost:8080',
      'http://127.9.9.9',
      'http://[::1]:1',
    ]) {
      const { options, mint } = createTestIssuer({ issuer })
      expect(await attempt(source, {}, options, await mint())).toBe(200)
      expect(await attempt(source, ALLOWED, options, await mint())).toBe(200)
    }
    expect(warn).not.toHaveBeenCalled()
  })
})

describe('bindings that come with a request', () => {
  const statusWith = async (bindings: object, runtime: Record<string, string> = {}) => {
    vi.stubGlobal('process', { env: runtime })
    vi.spyOn(console, 'error').mockReturnValue()
    const issuer = issuerAt(newHost())
    const { issuer: _, ...others } = issuer.options
    const options = () => others as CaracalOptions
    const request = bearer(await issuer.mint())
    const platform = [{ CARACAL_STS_URL: issuer.issuer, ...bindings }] as unknown as []
    return (await withCaracal(() => new Response(), options)(request, ...platform)).status
  }

  it.each([true, 1, {}, ['true'], 'false', ''])(
    'allow nothing with %j, whatever the runtime says',
    async (value) => {
      expect(await statusWith({ CARACAL_ALLOW_INSECURE_CONFIG_URLS: value }, ALLOWED)).toBe(500)
    },
  )

  it("allow it with 'true', by a member of their own", async () => {
    expect(await statusWith(ALLOWED)).toBe(200)
    expect(await statusWith(Object.create(ALLOWED))).toBe(500)
  })
})

describe('the warning', () => {
  const allow = () => vi.stubGlobal('process', { env: ALLOWED })
  /** Workers have no `process` that a test can replace. */
  const itOutsideWorkerd = (title: string, run: () => unknown) => {
    if (!('WebSocketPair' in globalThis)) it(title, async () => void (await run()))
  }

  itOutsideWorkerd('is one for a guard and its store, names their hosts, and comes once', async () => {
    allow()
    const [sts, keys, redis] = [newHost(), newHost(), newHost()]
    const { options } = issuerAt(sts)
    const build = () =>
      createMandateVerifier({
        ...options,
        revocations: new UpstashRevocationStore({ url: `http://${redis}`, token: 'hunter2' }),
        keySet: { url: `http://${keys}/hunter2` },
      })
    for (let built = 0; built < 3; built++) build()
    expect(warnings()).toEqual([expect.stringContaining(`${redis}, ${sts}, ${keys}.`)])
    expect(warnings().join()).toContain('CARACAL_ALLOW_INSECURE_CONFIG_URLS')
    expect(warnings().join()).not.toContain('hunter2')
  })

  itOutsideWorkerd('comes for a store alone', async () => {
    allow()
    const host = newHost()
    new UpstashRevocationStore({ url: `http://${host}`, token: 'token' })
    await Promise.resolve()
    expect(warnings()).toEqual([expect.stringContaining(host)])
  })

  it('names all hosts that caracal() has from the bindings', async () => {
    const [sts, redis] = [newHost(), newHost()]
    const issuer = issuerAt(sts)
    const fetch = vi.fn(async (input: string | URL | Request, init?: RequestInit) => {
      const request = new Request(input, init)
      if (request.url.startsWith(issuer.issuer)) return issuer.handler(request)
      const [, ...keys] = (await request.json()) as string[]
      return Response.json({ result: keys.map(() => null) })
    })
    const request = bearer(await issuer.mint())
    vi.stubGlobal('fetch', fetch)
    const app = new Hono().use(caracal(() => ({}))).get('/x', (c) => c.text('reached'))
    const env = {
      CARACAL_STS_URL: issuer.issuer,
      CARACAL_ZONE_ID: issuer.zoneId,
      CARACAL_AUDIENCE: issuer.audience,
      KV_REST_API_URL: `http://${redis}`,
      KV_REST_API_TOKEN: 'token',
      ...ALLOWED,
    }
    expect((await app.fetch(request, env)).status).toBe(200)
    expect(warnings()).toEqual([expect.stringContaining(`${redis}, ${sts}.`)])
  })
})

describe('a database', () => {
  const url = 'http://redis.internal:8079'

  it('may have http: only where its environment allows it', () => {
    const build = (env?: object) => () => new UpstashRevocationStore({ url, token: 'token' }, env)
    expect(build()).toThrow(/- url must be an https: URL.*CARACAL_ALLOW_INSECURE_CONFIG_URLS/)
    expect(build({ CARACAL_ALLOW_INSECURE_CONFIG_URLS: '1' })).toThrow('url must be an https: URL')
    expect(build(ALLOWED)).not.toThrow()
    const env = { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: 'token' }
    expect(() => UpstashRevocationStore.fromEnv(env)).toThrow('UPSTASH_REDIS_REST_URL must be an https: URL')
    expect(() => UpstashRevocationStore.fromEnv({ ...env, ...ALLOWED })).not.toThrow()
  })
})

it('a URL with a letter beyond ASCII is still one after many URLs have been checked', () => {
  // Enough for the runtime to compile what checks them. The `URL.canParse` of Node 20 then says no.
  const options = { token: 'token', url: 'https://bücher.test' }
  for (let checked = 0; checked < 20_000; checked++) URL.canParse(`https://bücher.test/${checked}`)
  for (let built = 0; built < 20; built++) expect(() => new UpstashRevocationStore(options)).not.toThrow()
})
