// What the operator finds in the log about a 503: what was asked, what came, what to check; one line a minute.

import {
  type CaracalOptions,
  createMandateVerifier,
  KeySetUnavailableError,
  type RevocationStore,
  RevocationUnavailableError,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { holdClock, later, setBack } from '../support/held-clock.ts'
import { bearer } from '../support/requests.ts'

holdClock()

const MINUTE = 60_000
let log: MockInstance
let named = 0
beforeEach(() => {
  log = vi.spyOn(console, 'error').mockReturnValue()
  named += 1
  later(named * 10 * MINUTE) // What earlier tests logged is no longer remembered.
})
afterEach(() => {
  vi.restoreAllMocks()
})

function lines(): readonly string[] {
  return log.mock.calls.map(([line]) => String(line))
}

interface KeyCase {
  readonly title: string
  readonly fetch: () => Promise<Response>
  readonly timeoutMs?: number
  readonly says: string
  readonly error: object
}

const json = (body: unknown, init?: ResponseInit) => async () => Response.json(body, init)
const withCode = (message: string, code: string) => Object.assign(new Error(message), { code })

const KEY_CASES: readonly KeyCase[] = [
  {
    title: 'the name cannot be resolved',
    fetch: () =>
      Promise.reject(
        new TypeError('fetch failed', { cause: withCode('getaddrinfo ENOTFOUND', 'ENOTFOUND') }),
      ),
    says: 'the request to HOST failed (TypeError "fetch failed", caused by Error "getaddrinfo ENOTFOUND"). Check the issuer\'s URL, and that it runs',
    error: { fault: 'network', status: undefined },
  },
  {
    title: 'the error quotes the URL, as in Deno',
    fetch: () =>
      Promise.reject(
        new TypeError('error sending request for url (https://user:pw@HOST/.well-known/jwks.json?zone_id=z)'),
      ),
    says: '(TypeError "error sending request for url (https://HOST)")',
    error: { fault: 'network' },
  },
  {
    title: 'the error quotes the path of the request, without its host',
    fetch: () => Promise.reject(new TypeError('GET /base/.well-known/jwks.json?zone_id=z was refused')),
    says: 'the request to HOST failed (TypeError). Check',
    error: { fault: 'network' },
  },
  {
    title: 'the error quotes the query of the request in JSON, two causes deep',
    fetch: () => {
      const inner = withCode('{\\"query\\":\\"zone_id=zone-1\\"}', 'EQUERY')
      return Promise.reject(new TypeError('failed', { cause: new Error('again', { cause: inner }) }))
    },
    says: '(TypeError "failed", caused by Error "again", caused by Error EQUERY). Check',
    error: { fault: 'network' },
  },
  {
    title: 'something else than an error is thrown',
    fetch: () => Promise.reject('hunter2'),
    says: 'the request to HOST failed (string)',
    error: { fault: 'network', cause: 'hunter2' },
  },
  {
    title: 'an unknown zone',
    fetch: json({}, { status: 404 }),
    says: 'HOST answered with status 404. Check the zone (CARACAL_ZONE_ID)',
    error: { fault: 'status', status: 404 },
  },
  {
    title: 'no zone',
    fetch: json({}, { status: 400 }),
    says: 'HOST answered with status 400. Check the zone (CARACAL_ZONE_ID)',
    error: { fault: 'status', status: 400 },
  },
  {
    title: 'a login in front of it',
    fetch: json({}, { status: 401 }),
    says: 'status 401. Check what stands in front of the STS: its key set must be public',
    error: { fault: 'status', status: 401 },
  },
  {
    title: 'a redirect',
    fetch: async () => new Response(null, { status: 308, headers: { location: 'https://elsewhere.test/' } }),
    says: "status 308. Check the issuer's URL: redirects are not followed",
    error: { fault: 'status', status: 308 },
  },
  {
    title: 'a rate limit',
    fetch: json({}, { status: 429 }),
    says: 'status 429. Check the rate limit',
    error: { fault: 'status', status: 429 },
  },
  {
    title: 'an outage of the STS',
    fetch: json({}, { status: 502 }),
    says: 'status 502. Check the STS and its own log',
    error: { fault: 'status', status: 502 },
  },
  {
    title: 'a page instead of keys',
    fetch: async () => new Response('<html>hunter2</html>'),
    says: 'the answer of HOST is not what it should be (no JSON). Check that the issuer',
    error: { fault: 'malformed' },
  },
  {
    title: 'other JSON',
    fetch: json({ message: 'hunter2' }),
    says: '(JSON without a list of keys)',
    error: { fault: 'malformed' },
  },
  {
    title: 'too much',
    fetch: async () => new Response('x'.repeat(300_000)),
    says: 'the answer of HOST is too large',
    error: { fault: 'too_large' },
  },
]

describe('the key set is unavailable:', () => {
  it.each(KEY_CASES)('$title', async ({ fetch, says, error }) => {
    const host = `sts-${named}.test:8443`
    const named_ = (text: string) => text.replaceAll('HOST', host)
    const issuer = createTestIssuer({ issuer: `https://${host}/base` })
    const answer = () => fetch().catch((thrown: unknown) => Promise.reject(withHost(thrown, host)))
    const verifier = createMandateVerifier({ ...issuer.options, keySet: { fetch: answer } })
    const token = await issuer.mint()
    for (let count = 0; count < 5; count++) {
      expect(await verifier.authorizeToken(token)).toMatchObject({ code: 'keys_unavailable' })
    }
    expect(lines()).toEqual([
      expect.stringMatching(/^caracal-edge: keys_unavailable: The key set is unavailable \(/),
    ])
    expect(lines()[0]).toContain(named_(says))
    for (const secret of [...token.split('.'), 'hunter2', 'zone_id', 'jwks.json?', '/base', 'pw']) {
      expect(lines()[0]).not.toContain(secret)
    }
    expect(log.mock.calls[0]).toHaveLength(1)

    const rejected: unknown = await verifier.warmup().catch((thrown: unknown) => thrown)
    expect(rejected).toBeInstanceOf(KeySetUnavailableError)
    expect(rejected).toMatchObject({ host, ...error })
    expect(lines()[0]).toContain((rejected as Error).message)
  })
})

/** The error with the host of the test in its message. */
function withHost(thrown: unknown, host: string): unknown {
  if (thrown instanceof Error) thrown.message = thrown.message.replace('HOST', host)
  return thrown
}

describe('the store is unavailable:', () => {
  const issuer = createTestIssuer()

  async function refusedBy(revocations: RevocationStore, more: Partial<CaracalOptions> = {}) {
    const verifier = createMandateVerifier({ ...issuer.options, ...more, revocations })
    const token = await issuer.mint({ claims: { sid: 'sid-of-this-test' } })
    for (let count = 0; count < 5; count++) {
      expect(await verifier.authorizeToken(token)).toMatchObject({ code: 'revocation_unavailable' })
    }
  }

  it("a custom store's error goes along, and is no part of our own text", async () => {
    const failure = withCode('no row for sid-of-this-test %s %o', 'ECONNRESET')
    await refusedBy({ lookup: () => Promise.reject(failure) })
    expect(log.mock.calls).toEqual([
      [
        'caracal-edge: revocation_unavailable: The revocation store is unavailable (failed): its lookup threw Error ECONNRESET. Check the store: its own error says more.',
        failure,
      ],
    ])
  })

  it('a custom store that throws at once, or something odd, or what no console can print', async () => {
    const odd = Object.defineProperty(new Error('x'), 'stack', {
      get: () => {
        throw new Error('hunter2')
      },
    })
    log.mockImplementation((_, detail) => `${(detail as Error | undefined)?.stack}`)
    for (const thrown of [new RangeError('x'), 'a text', undefined, odd]) {
      await refusedBy({
        lookup() {
          throw thrown
        },
      })
    }
    const said = lines().map((line) => /its lookup threw (\w+)/.exec(line)?.[1])
    expect(said, 'the last without its error, which cannot be printed').toEqual([
      ...['RangeError', 'string', 'undefined', 'Error', 'Error'],
    ])
  })

  it('an answer that is none', async () => {
    await refusedBy({ lookup: () => 'no' as never })
    expect(lines()[0]).toContain(
      'the answer of the store is not what it should be (a string). Check that lookup gives { revoked',
    )
  })

  it('no answer in time', async () => {
    const verifier = createMandateVerifier({
      ...issuer.options,
      revocations: { lookup: () => new Promise(() => {}) },
      storeTimeoutMs: 50,
    })
    await verifier.warmup()
    const decision = verifier.authorizeToken(await issuer.mint())
    await vi.waitFor(() => {
      later(50)
      return Promise.race([decision, Promise.reject(new Error('still waiting'))])
    })
    expect(lines()[0]).toContain('the store did not answer in time. Check the load of the store')
  })

  const ANCHOR = 'sid-of-this-test'
  const DATABASE = 'https://eu1-lynx.upstash.test'
  it.each<{ readonly title: string; readonly answer: () => Promise<Response>; readonly says: string }>([
    {
      title: 'a wrong token',
      answer: json({ error: 'WRONGPASS invalid or missing auth token hunter2' }, { status: 401 }),
      says: 'eu1-lynx.upstash.test answered with status 401 (Redis says WRONGPASS). Check the token of the database (UPSTASH_REDIS_REST_TOKEN)',
    },
    {
      title: 'a used-up plan',
      answer: json({ error: 'ERR max daily request limit exceeded' }, { status: 429 }),
      says: 'status 429 (Redis says ERR). Check the limits of the database plan',
    },
    {
      title: 'an error beside a 200',
      answer: json({ error: `LOADING ${ANCHOR}` }),
      says: 'status 200 (Redis says LOADING)',
    },
    {
      title: 'no Redis at all',
      answer: async () => new Response('<html>'),
      says: 'eu1-lynx.upstash.test is not what it should be (no reply of Redis). Check that the URL is that of the REST interface',
    },
    {
      title: 'values that are none',
      answer: json({ result: [1, 2] }),
      says: 'the answer of eu1-lynx.upstash.test is not what it should be',
    },
    {
      title: 'no network',
      answer: () => Promise.reject(new TypeError('Network connection lost.')),
      says: 'the request to eu1-lynx.upstash.test failed (TypeError "Network connection lost.")',
    },
    {
      title: 'an error of a client in between that quotes the token',
      answer: () => Promise.reject(new TypeError('bad header: Bearer hunter2-token')),
      says: 'failed (TypeError). Check',
    },
    {
      title: 'an error of a client in between that quotes an anchor',
      answer: () => Promise.reject(withCode(`body: ["MGET","${ANCHOR}"]`, 'EPIPE')),
      says: 'failed (Error EPIPE). Check',
    },
  ])('Upstash: $title', async ({ answer, says }) => {
    vi.stubGlobal('fetch', vi.fn(answer))
    try {
      await refusedBy(new UpstashRevocationStore({ url: `${DATABASE}/path`, token: 'hunter2-token' }))
    } finally {
      vi.unstubAllGlobals()
    }
    expect(lines()).toEqual([expect.stringContaining(says)])
    for (const secret of ['hunter2', ANCHOR, '/path']) expect(lines()[0]).not.toContain(secret)
    expect(log.mock.calls[0]).toHaveLength(1)
  })

  it('the error has host, status and cause', async () => {
    const failure = new TypeError('Network connection lost.')
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.reject(failure)),
    )
    const store = new UpstashRevocationStore({ url: DATABASE, token: 't' })
    const error: unknown = await store.markRevoked('sid').catch((thrown: unknown) => thrown)
    vi.unstubAllGlobals()
    expect(error).toBeInstanceOf(RevocationUnavailableError)
    const host = 'eu1-lynx.upstash.test'
    expect(error).toMatchObject({ fault: 'network', host, status: undefined, cause: failure })
  })
})

describe('the log', () => {
  const issuer = createTestIssuer()
  const failing = (name = 'Error'): RevocationStore => ({
    lookup: () => Promise.reject(Object.assign(new Error('x'), { name })),
  })

  it('gets the same line again after a minute, and after the clock was set back', async () => {
    const revocations = failing()
    const guarded = withCaracal(() => new Response(), { ...issuer.options, revocations })
    const counts: number[] = []
    const token = await issuer.mint({ lifetimeSeconds: 3_600 })
    for (const wait of [0, MINUTE - 1, 1, MINUTE - 1, 1]) {
      later(wait)
      for (let count = 0; count < 50; count++) await guarded(bearer(token))
      counts.push(log.mock.calls.length)
    }
    setBack(30_000)
    await guarded(bearer(token))
    expect([...counts, log.mock.calls.length]).toEqual([1, 1, 2, 2, 3, 4])
  })

  it('gets one line for each cause', async () => {
    let at = 0
    const names = ['Error', 'RangeError', 'Error', 'TypeError', 'RangeError']
    const revocations = { lookup: () => failing(names[at++ % names.length]).lookup({} as never) }
    const verifier = createMandateVerifier({ ...issuer.options, revocations })
    const token = await issuer.mint()
    for (const _ of names) await verifier.authorizeToken(token)
    expect(lines().map((line) => /threw (\w+)/.exec(line)?.[1])).toEqual(['Error', 'RangeError', 'TypeError'])
  })

  it('gets a line for each of two stores that fail in the same way', async () => {
    const routes = { '/b': { revocations: failing() } }
    const guarded = withCaracal(() => new Response(), {
      ...issuer.options,
      revocations: failing(),
      routes,
    })
    for (const path of ['/a', '/b', '/a', '/b']) await guarded(bearer(await issuer.mint(), path))
    expect(lines()).toHaveLength(2)
  })

  it('is not filled by a cause that differs with every request, which takes no more memory either', async () => {
    const token = await issuer.mint()
    let at = 0
    const revocations = { lookup: () => failing(`Error${at++}`).lookup({} as never) }
    const verifier = createMandateVerifier({ ...issuer.options, revocations })
    for (let count = 0; count < 1_000; count++) await verifier.authorizeToken(token)
    const count = log.mock.calls.length
    expect(count).toBeGreaterThan(50)
    expect(count).toBeLessThanOrEqual(101)
    expect(lines().at(-1)).toBe(
      'caracal-edge: many different causes in one minute: further ones are not logged',
    )
    later(MINUTE)
    await verifier.authorizeToken(token)
    expect(lines().at(-1), 'later there is room again').toContain('threw Error1000')
  })

  it('stays empty where onDecision is given: then the event says the same', async () => {
    const failure = new Error('x')
    const onDecision = vi.fn()
    const revocations = { lookup: () => Promise.reject(failure) }
    const verifier = createMandateVerifier({ ...issuer.options, revocations, onDecision })
    await verifier.authorizeToken(await issuer.mint())
    expect(log).not.toHaveBeenCalled()
    expect(onDecision.mock.calls[0]?.[0]).toMatchObject({
      explanation: expect.stringMatching(/its lookup threw Error\. Check the store/),
      cause: failure,
    })
  })

  it('gets one line a minute of what no step foresaw', async () => {
    const verifier = createMandateVerifier(issuer.options)
    for (let count = 0; count < 50; count++) await verifier.authorize({} as Request)
    expect(lines()).toEqual([expect.stringMatching(/^caracal-edge: unexpected TypeError/)])
  })
})
