// The document that an issuer answers with: which of its keys are used, and when it is an outage.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { exportJWK, generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { currentKey, decisionFor, scriptedIssuer, unavailable, verdict } from '../support/scripted-issuer.ts'

holdClock()

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
  ])('for %s, is not a key of the zone, and without another one it is an outage', async (_, change) => {
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
