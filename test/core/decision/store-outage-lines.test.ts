// What the operator finds in the log about a store that is unavailable: what was asked, what came, what to check.

import {
  type CaracalOptions,
  createMandateVerifier,
  type RevocationStore,
  RevocationUnavailableError,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { describe, expect, it, vi } from 'vitest'
import { later } from '../support/held-clock.ts'
import { json, watchLog, withCode } from '../support/outage-lines.ts'

const { log, lines } = watchLog()

describe('the store is unavailable:', () => {
  const issuer = createTestIssuer()

  async function refusedBy(revocations: RevocationStore, more: Partial<CaracalOptions> = {}) {
    const verifier = createMandateVerifier({ ...issuer.options, ...more, revocations })
    const token = await issuer.mint({ claims: { sid: 'sid-of-this-test' } })
    for (let count = 0; count < 5; count++) {
      expect(await verifier.authorizeToken(token)).toMatchObject({ code: 'revocation_unavailable' })
    }
  }

  it('the error of a custom store is logged beside our own text, not in it', async () => {
    const failure = withCode('no row for sid-of-this-test %s %o', 'ECONNRESET')
    await refusedBy({ lookup: () => Promise.reject(failure) })
    expect(log().mock.calls).toEqual([
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
    log().mockImplementation((_, detail) => `${(detail as Error | undefined)?.stack}`)
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

  it('an answer of the wrong type', async () => {
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
      title: 'a server that is not Redis',
      answer: async () => new Response('<html>'),
      says: 'eu1-lynx.upstash.test is not what it should be (no reply of Redis). Check that the URL is that of the REST interface',
    },
    {
      title: 'values of the wrong type',
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
    expect(log().mock.calls[0]).toHaveLength(1)
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
