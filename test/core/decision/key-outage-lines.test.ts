// What the operator finds in the log about a key set that is unavailable: what was asked, what came, what to check.

import { createMandateVerifier, KeySetUnavailableError } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { json, watchLog, withCode } from '../support/outage-lines.ts'

const { log, lines, number } = watchLog()

interface KeyCase {
  readonly title: string
  readonly fetch: () => Promise<Response>
  readonly timeoutMs?: number
  readonly says: string
  readonly error: object
}

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
    const host = `sts-${number()}.test:8443`
    const named = (text: string) => text.replaceAll('HOST', host)
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
    expect(lines()[0]).toContain(named(says))
    for (const secret of [...token.split('.'), 'hunter2', 'zone_id', 'jwks.json?', '/base', 'pw']) {
      expect(lines()[0]).not.toContain(secret)
    }
    expect(log().mock.calls[0]).toHaveLength(1)

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

it('a message that quotes a value of the query of keySet.url alone is left out', async () => {
  const { options, mint } = createTestIssuer()
  const host = `sts-${number()}.test`
  const fetch = () => Promise.reject(new Error('no route for {"apikey":"hunter2"}'))
  const keySet = { url: `https://${host}/keys?apikey=hunter2&v=1`, fetch }
  await createMandateVerifier({ ...options, keySet }).authorizeToken(await mint())
  expect(lines()).toEqual([expect.stringContaining(`the request to ${host} failed (Error)`)])
})
