// How a guard with several zones finds the zone that a token claims, before anything in the token is verified.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { base64url, decodeJwt } from 'jose'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createSigner, HEADER } from '../support/signer.ts'

const issuer = createTestIssuer()
const ZONES = ['zone-1', 'zone-2'] as const
/** Each zone has its own key, all with the same id: only the claim selects the key that verifies a token. */
const signers = { 'zone-1': await createSigner(issuer), 'zone-2': await createSigner(issuer) }
const claims = decodeJwt(await issuer.mint({ claims: { zone_id: undefined } }))
const others = JSON.stringify(claims).slice(1, -1)

const verifier = createMandateVerifier({
  ...issuer.options,
  expectedZoneId: ZONES,
  keySet: {
    async fetch(url) {
      const zone = new URL(url).searchParams.get('zone_id') === 'zone-1' ? 'zone-1' : 'zone-2'
      return Response.json(signers[zone].options.keySet.jwks)
    },
  },
})

/** The decision about a payload that a zone has signed. */
async function verdictOn(payload: string, by: (typeof ZONES)[number]): Promise<string> {
  const decision = await verifier.authorizeToken(await signers[by].sign(payload))
  return decision.outcome === 'admit' ? decision.mandate.zoneId : decision.reason
}

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the zone in a payload is', () => {
  it.each<[string, string]>([
    ['at its beginning', `{"zone_id":"zone-2",${others}}`],
    ['at its end', `{${others},"zone_id":"zone-2"}`],
    ['among blanks', `\n{\t"zone_id" \r\n :\t "zone-2" , ${others} } `],
    ['with escapes in it', `{"zone_id":"zon\\u0065-\\u0032",${others}}`],
    ['after another one, of which the last counts', `{"zone_id":"zone-1",${others},"zone_id":"zone-2"}`],
    ['after one that is not a string', `{"zone_id":7,${others},"zone_id":"zone-2"}`],
    ['after one that is an object', `{"zone_id":{"zone_id":"zone-1"},${others},"zone_id":"zone-2"}`],
    ['after others of other objects', `{"x":{"zone_id":"zone-1"},"zone_id":"zone-2",${others}}`],
    ['before others of other objects', `{"zone_id":"zone-2",${others},"x":{"zone_id":"zone-1"}}`],
    ['before others in lists', `{"zone_id":"zone-2",${others},"x":["zone_id",[{"zone_id":"zone-1"}]]}`],
    ['before a text that looks like one', `{"zone_id":"zone-2",${others},"x":"\\"zone_id\\":\\"zone-1\\""}`],
    ['before a text that ends in a backslash', `{"zone_id":"zone-2",${others},"x":"\\\\","y":"zone-1"}`],
    ['after a text with brackets', `{"x":"[{","zone_id":"zone-2",${others}}`],
    ['after a text that is its name', `{"x":"zone_id","y":"zone-1","zone_id":"zone-2",${others}}`],
    [
      'after names that are nearly its own',
      `{"zone_i":"zone-1","zone_id_":"zone-1","zone_id":"zone-2",${others}}`,
    ],
    ['after one in capitals', `{"ZONE_ID":"zone-1","zone_id":"zone-2",${others}}`],
    ['after a name beyond ASCII', `{"zöne_íd":"zone-1","zone_id":"zone-2",${others}}`],
  ])('%s', async (_, payload) => {
    expect(JSON.parse(payload).zone_id).toBe('zone-2')
    expect(await verdictOn(payload, 'zone-2')).toBe('zone-2')
    expect(await verdictOn(payload, 'zone-1')).toBe('bad_signature')
  })

  it('not decoded if it is longer than any configured zone can be encoded', async () => {
    const escaped = Array.from('zone-2', (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`).join('')
    expect(await verdictOn(`{"zone_id":"${escaped}",${others}}`, 'zone-2')).toBe('zone-2')
    const decode = vi.spyOn(TextDecoder.prototype, 'decode')
    await verdictOn(`{"zone_id":"${'\u{1f600}'.repeat(5_000)}",${others}}`, 'zone-2')
    expect(decode.mock.calls.filter(([bytes]) => (bytes?.byteLength ?? 0) > 10_000)).toEqual([])
  })

  it('also found if it is the first configured zone', async () => {
    const payload = `{"zone_id":"zone-1",${others}}`
    expect(await verdictOn(payload, 'zone-1')).toBe('zone-1')
    expect(await verdictOn(payload, 'zone-2')).toBe('bad_signature')
  })
})

describe('a verified payload must name the zone whose keys have verified it', () => {
  it.each<[string, string, (typeof ZONES)[number]]>([
    ['a second name with escapes', `{"zone_id":"zone-1","zone\\u005fid":"zone-2",${others}}`, 'zone-1'],
    ['a name with escapes alone', `{"zone\\u005fid":"zone-2",${others}}`, 'zone-1'],
    ['the same for the other one', `{"zone_id":"zone-2","zone\\u005fid":"zone-1",${others}}`, 'zone-2'],
  ])('which it does not with %s', async (_, payload, by) => {
    expect(await verdictOn(payload, by)).toBe('unknown_key')
  })
})

describe('a payload is not parsed before its signature is verified', () => {
  const signature = 'A'.repeat(86)
  const parts = (payload: string | Uint8Array) =>
    [JSON.stringify(HEADER), payload].map((part) => base64url.encode(part))

  it.each<[string, string | Uint8Array]>([
    ['deeply nested', '['.repeat(24_000)],
    ['deeply nested behind a zone', `{"zone_id":"zone-2","x":${'['.repeat(23_000)}`],
    ['of nothing but quotes', '"'.repeat(24_000)],
    ['of nothing but its name', `{${'"zone_id":'.repeat(2_300)}`],
    ['cut off within the zone', '{"zone_id":"zone-2'],
    ['cut off after a backslash', '{"zone_id":"zone-2\\'],
    ['cut off after the name', '{"zone_id"'],
    ['of a zone with a line break', '{"zone_id":"zone\n2"}'],
    ['of a zone that is not UTF-8', new TextEncoder().encode('{"zone_id":"zone-2"}').fill(0x80, 12, 14)],
    ['closed more often than opened', `]]]]{"zone_id":"zone-2"}`],
  ])('one %s', async (_, payload) => {
    await verifier.warmup()
    const token = [...parts(payload), signature].join('.')
    const parse = vi.spyOn(JSON, 'parse')
    const decision = await verifier.authorizeToken(token)
    expect(decision).toMatchObject({ outcome: 'deny', reason: 'bad_signature' })
    // The header, and the zone itself.
    for (const [text] of parse.mock.calls) expect(text.length).toBeLessThan(100)
  })
})
