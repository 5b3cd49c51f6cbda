// The only valid answer of an issuer: a complete key set within the limits. Anything else is an outage.

import { createMandateVerifier, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import {
  currentKey,
  type KeyFetch,
  requestWith,
  scriptedIssuer,
  verdict,
} from '../support/scripted-issuer.ts'

holdClock()

/** The decision about a valid mandate if the issuer answers like this. */
async function decisionFor(answer: KeyFetch, sts = scriptedIssuer()) {
  sts.answer(answer)
  return sts.guard().authorizeToken(await sts.mint())
}

const unavailable = (fault: string) => ({ code: 'keys_unavailable', status: 503, fault })

describe('a status other than 200', () => {
  it.each([201, 206, 400, 401, 404, 429, 500, 503])('%i is an outage, whatever its body', async (status) => {
    const sts = scriptedIssuer()
    const jwks = await sts.jwks()
    expect(await decisionFor(async () => Response.json(jwks, { status }), sts)).toMatchObject(
      unavailable('status'),
    )
  })

  it.each([301, 302, 303, 307, 308])('redirect %i is not followed', async (status) => {
    const sts = scriptedIssuer()
    const jwks = await sts.jwks()
    const headers = { Location: 'https://elsewhere.test/jwks.json' }
    const answer: KeyFetch = async () => Response.json(jwks, { status, headers })
    expect(await decisionFor(answer, sts)).toMatchObject(unavailable('status'))
    expect(sts.requests).toHaveLength(1)
  })

  it.each([
    [200, 'malformed'],
    [204, 'status'],
    [304, 'status'],
  ] as const)('%i without a body is an outage', async (status, fault) => {
    expect(await decisionFor(async () => new Response(null, { status }))).toMatchObject(unavailable(fault))
  })

  it('has its body cancelled unread', async () => {
    const cancel = vi.fn()
    await decisionFor(async () => new Response(new ReadableStream({ cancel }), { status: 500 }))
    expect(cancel).toHaveBeenCalledOnce()
  })
})

describe('a document that is not a key set is an outage', () => {
  it.each([
    '',
    '<html>',
    'null',
    '1',
    '"keys"',
    '[]',
    '{}',
    '{"keys":[]}',
    '{"keys":[{}]}',
    '{"keys":null}',
    '{"keys":{}}',
    '{"keys":"x"}',
    '{"keys":[null]}',
    '{"keys":["x"]}',
    '{"keys":[[]]}',
    '{"keys":[',
    '{"keys":[]}{}',
    '{"Keys":[]}',
  ])('%j', async (text) => {
    expect(await decisionFor(async () => new Response(text))).toMatchObject(unavailable('malformed'))
  })

  it('one null entry beside the right key is an outage', async () => {
    const sts = scriptedIssuer()
    const keys = [null, await currentKey(sts)]
    expect(await decisionFor(async () => Response.json({ keys }), sts)).toMatchObject(
      unavailable('malformed'),
    )
  })
})

describe('a key that cannot be used', () => {
  const base = { kty: 'EC', crv: 'P-256' }

  it('because two keys have one id, is an outage', async () => {
    const sts = scriptedIssuer()
    const key = await currentKey(sts)
    sts.serve([key, { ...(await currentKey(createTestIssuer())), kid: key.kid }])
    expect(await sts.guard().authorizeToken(await sts.mint())).toMatchObject(unavailable('malformed'))
  })

  it.each([
    ['a private key is published', { d: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE' }],
    ['a point is off the curve', { x: 'A'.repeat(43), y: 'A'.repeat(43) }],
    ['a coordinate is too short', { x: 'AAAA' }],
    ['a coordinate is missing', { y: undefined }],
  ])('because %s, is an outage', async (_, change) => {
    const sts = scriptedIssuer()
    sts.serve([{ ...(await currentKey(sts)), ...change }])
    expect(await sts.guard().authorizeToken(await sts.mint())).toMatchObject(unavailable('malformed'))
  })

  it('because its private key is published, is an outage', async () => {
    const sts = scriptedIssuer()
    const { privateKey } = await generateKeyPair('ES256', { extractable: true })
    sts.serve([{ ...(await exportJWK(privateKey)), kid: (await currentKey(sts)).kid }])
    expect(await sts.guard().authorizeToken(await sts.mint())).toMatchObject(unavailable('malformed'))
  })

  it.each([
    ['another curve', { crv: 'P-384' }],
    ['another type', { kty: 'RSA' }],
    ['a shared secret', { kty: 'oct', k: 'AAAA' }],
    ['another use', { use: 'enc' }],
    ['another algorithm', { alg: 'ES384' }],
    ['operations without verify', { key_ops: ['sign'] }],
  ])('for %s, is no key of the zone, and without another it is an outage', async (_, change) => {
    const sts = scriptedIssuer()
    const odd = { ...base, ...(await currentKey(sts)), ...change }
    sts.serve([odd, await currentKey(createTestIssuer())])
    expect(await verdict(sts.guard(), await sts.mint())).toBe('unknown_key')
    sts.serve([odd])
    const guard = sts.guard({ keySet: { maxAgeMs: 1 } })
    expect(await guard.authorizeToken(await sts.mint())).toMatchObject(unavailable('malformed'))
  })

  it.each([
    ['another id', { kid: 'kid-0' }],
    ['an id in other letters', { kid: 'KID-1' }],
    ['no id', { kid: undefined }],
    ['an empty id', { kid: '' }],
  ])('for %s, is another key', async (_, change) => {
    const sts = scriptedIssuer()
    sts.serve([{ ...(await currentKey(sts)), ...change }])
    expect(await verdict(sts.guard(), await sts.mint())).toBe('unknown_key')
  })

  it('is an outage for its own mandates alone, and is looked for once more in each cooldown', async () => {
    const sts = scriptedIssuer()
    const broken = { ...(await currentKey(sts)), x: 'AAAA' }
    const other = createTestIssuer()
    sts.serve([broken, await currentKey(other)])
    const guard = sts.guard({ keySet: { cooldownMs: 10_000 } })
    expect(await verdict(guard, await other.mint())).toBe('admit')
    later(1)
    for (const _ of [1, 2]) {
      const decision = await guard.authorizeToken(await sts.mint())
      expect(decision).toMatchObject({ ...unavailable('malformed'), retryAfterSeconds: 10 })
      expect(sts.requests).toHaveLength(2)
    }
    sts.serve([await currentKey(sts), await currentKey(other)])
    later(10_000)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('does not keep the usable ones from being used', async () => {
    const sts = scriptedIssuer()
    const key = await currentKey(sts)
    const odd = [{ kty: 'oct', k: 'AAAA', kid: key.kid }, { ...key, crv: 'P-384' }, { kty: 'X' }, {}]
    sts.serve([...odd, key, { ...key, kid: 'broken', x: 'AAAA' }])
    expect(await verdict(sts.guard(), await sts.mint())).toBe('admit')
  })
})

describe('a key that is listed twice', () => {
  it.each([
    ['as it is', {}],
    ['once without its use', { use: undefined }],
    ['once without its algorithm', { alg: undefined }],
    ['once with its operations', { key_ops: ['verify'] }],
    ['once with other members', { x5t: 'AAAA', iat: 1 }],
  ])('%s, is one key', async (_, change) => {
    const sts = scriptedIssuer()
    const key = await currentKey(sts)
    sts.serve([key, { ...key, ...change }])
    expect(await verdict(sts.guard(), await sts.mint())).toBe('admit')
    sts.serve([{ ...key, ...change }, key])
    expect(await verdict(sts.guard({ keySet: { maxAgeMs: 1 } }), await sts.mint())).toBe('admit')
    expect(sts.requests).toHaveLength(2)
  })

  it('once as one that is not for signatures, is one key', async () => {
    const sts = scriptedIssuer()
    const key = await currentKey(sts)
    sts.serve([{ ...key, use: 'enc' }, key])
    expect(await verdict(sts.guard(), await sts.mint())).toBe('admit')
  })

  it('inline, is one key', async () => {
    const sts = createTestIssuer()
    const key = await currentKey(sts)
    const guard = createMandateVerifier({ ...sts.options, keySet: { jwks: { keys: [key, { ...key }] } } })
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })
})

describe('a body', () => {
  const LIMIT = 262_144

  /** The key set, padded with white space to this many bytes. */
  async function padded(bytes: number) {
    const sts = scriptedIssuer()
    return { sts, text: JSON.stringify(await sts.jwks()).padEnd(bytes, ' ') }
  }

  it('can have 256 KiB', async () => {
    const { sts, text } = await padded(LIMIT)
    expect(await decisionFor(async () => new Response(text), sts)).toMatchObject({ outcome: 'admit' })
  })

  it.each([
    ['as it says', String(LIMIT + 1)],
    ['and says less', '10'],
  ])('that has one more byte, %s, is an outage', async (_, length) => {
    const { sts, text } = await padded(LIMIT + 1)
    const answer: KeyFetch = async () => new Response(text, { headers: { 'Content-Length': length } })
    expect(await decisionFor(answer, sts)).toMatchObject(unavailable('too_large'))
  })

  it('without end is cancelled soon after the limit', async () => {
    let pulled = 0
    const cancel = vi.fn()
    const endless = () =>
      new ReadableStream({
        pull(controller) {
          pulled += 16_384
          controller.enqueue(new Uint8Array(16_384).fill(0x20))
        },
        cancel,
      })
    expect(await decisionFor(async () => new Response(endless()))).toMatchObject(unavailable('too_large'))
    expect(pulled).toBeLessThanOrEqual(LIMIT + 3 * 16_384)
    expect(cancel).toHaveBeenCalledOnce()
  })

  it('can arrive byte by byte', async () => {
    const sts = scriptedIssuer()
    const bytes = new TextEncoder().encode(JSON.stringify({ ...(await sts.jwks()), note: 'süß' }))
    const body = () =>
      new ReadableStream({
        start(controller) {
          for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
          controller.close()
        },
      })
    expect(await decisionFor(async () => new Response(body()), sts)).toMatchObject({ outcome: 'admit' })
  })

  it('that ends early is an outage', async () => {
    const broken = () => new ReadableStream({ start: (controller) => controller.error(new TypeError('cut')) })
    expect(await decisionFor(async () => new Response(broken()))).toMatchObject(unavailable('network'))
  })

  it.each<[string, () => Promise<void>]>([
    ['hangs', () => new Promise(() => {})],
    ['fails', () => Promise.reject(new Error('not now'))],
  ])('that is cancelled is not waited for if cancelling %s', async (_, cancel) => {
    const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(new Uint8Array(LIMIT))
    const endless = (status: number) => new Response(new ReadableStream({ pull, cancel }), { status })
    expect(await decisionFor(async () => endless(500))).toMatchObject(unavailable('status'))
    expect(await decisionFor(async () => endless(200))).toMatchObject(unavailable('too_large'))
  })
})

describe('a fetch that fails', () => {
  const throws = () => {
    throw new TypeError('Illegal invocation')
  }

  it.each<[string, string, () => unknown]>([
    ['rejects with a TypeError', 'network', () => Promise.reject(new TypeError('fetch failed'))],
    ['rejects with nothing', 'network', () => Promise.reject(undefined)],
    ['rejects with a text', 'network', () => Promise.reject('connect ECONNREFUSED 10.0.0.1')],
    ['throws before it promises anything', 'network', throws],
    ['promises nothing', 'malformed', () => undefined],
    ['resolves to nothing', 'malformed', async () => undefined],
    ['resolves to something else', 'malformed', async () => ({ status: 200 })],
  ])('and %s is an outage (%s), and says nothing in the answer', async (_, fault, answer) => {
    expect(await decisionFor(answer as KeyFetch)).toMatchObject(unavailable(fault))
    const sts = scriptedIssuer()
    sts.answer(answer as KeyFetch)
    let handled = 0
    const guarded = withCaracal(() => new Response(String(handled++)), sts.options)
    const response = await guarded(requestWith(await sts.mint()))
    expect(response.status).toBe(503)
    expect(await response.text()).not.toMatch(/TypeError|fetch failed|ECONN|invocation|\n\s+at /)
    expect(handled).toBe(0)
  })

  it('is called again', async () => {
    const sts = scriptedIssuer()
    sts.answer(throws)
    const guard = sts.guard({ keySet: { cooldownMs: 10_000 } })
    await verdict(guard, await sts.mint())
    await verdict(guard, await sts.mint())
    expect(sts.requests).toHaveLength(1)
    sts.serve()
    later(10_000)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })
})
