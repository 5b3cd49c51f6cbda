// The form that a token must have before its signature is verified: header members, encoding, length.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { base64url, decodeJwt } from 'jose'
import { describe, expect, it, vi } from 'vitest'
import { createSigner, HEADER } from '../support/signer.ts'
import { shown } from '../support/values.ts'
import { HEADER_MEMBERS } from './header-forms.ts'

const issuer = createTestIssuer()
const claims = decodeJwt(await issuer.mint())
const signer = await createSigner(issuer)
const verifier = createMandateVerifier(signer.options)

async function verdictOn(token: string): Promise<string> {
  const decision = await verifier.authorizeToken(token)
  return decision.outcome === 'admit' ? 'admitted' : decision.code
}

describe.each(Object.entries(HEADER_MEMBERS))(
  'the header member %s',
  (member, { admitted = [], refused }) => {
    const signed = (value: unknown) =>
      signer.sign(JSON.stringify(claims), JSON.stringify({ ...HEADER, [member]: value }))

    it.each(admitted.map((value) => ({ value, text: shown(value) })))('can be $text', async (form) => {
      expect(await verdictOn(await signed(form.value))).toBe('admitted')
    })

    it.each(refused.map((value) => ({ value, text: shown(value) })))('cannot be $text', async (form) => {
      expect(await verdictOn(await signed(form.value))).toBe('invalid_token')
    })
  },
)

describe('the length of', () => {
  // 3 bytes are 4 characters of base64url.
  it.each([
    { characters: 2048, verdict: 'admitted' },
    { characters: 2052, verdict: 'invalid_token' },
  ])('a header of $characters characters: $verdict', async ({ characters, verdict }) => {
    const empty = JSON.stringify({ ...HEADER, filler: '' })
    const filler = 'x'.repeat((characters / 4) * 3 - empty.length)
    const token = await signer.sign(JSON.stringify(claims), JSON.stringify({ ...HEADER, filler }))
    expect(token.indexOf('.')).toBe(characters)
    expect(await verdictOn(token)).toBe(verdict)
  })

  it.each([
    { characters: 32_768, verdict: 'admitted' },
    { characters: 32_769, verdict: 'invalid_token' },
  ])('a token of $characters characters: $verdict', async ({ characters, verdict }) => {
    const token = await tokenOfLength(characters)
    expect(token.length).toBe(characters)
    expect(await verdictOn(token)).toBe(verdict)
  })
})

async function tokenOfLength(characters: number): Promise<string> {
  const withFiller = (members: object, length: number) =>
    JSON.stringify({
      ...members,
      filler: 'x'.repeat(length - JSON.stringify({ ...members, filler: '' }).length),
    })
  // base64url has no length of 4n + 1. If the payload would need it, the header is longer.
  const signature = 2 + 86
  const headerLength = [120, 122].find((length) => (characters - signature - length) % 4 !== 1) ?? 0
  const payloadLength = characters - signature - headerLength
  return signer.sign(
    withFiller(claims, Math.floor((payloadLength * 3) / 4)),
    withFiller(HEADER, Math.floor((headerLength * 3) / 4)),
  )
}

describe('no key is fetched for', async () => {
  const mandate = await issuer.mint()
  const [header = '', payload = '', signature = ''] = mandate.split('.')
  const oddHeader = (members: object) =>
    signer.sign(JSON.stringify(claims), JSON.stringify({ ...HEADER, ...members }))

  it.each([
    ['a word', 'hunter2'],
    ['two segments', `${header}.${payload}`],
    ['four segments', `${mandate}.${signature}`],
    ['an empty header', `.${payload}.${signature}`],
    ['an empty payload', `${header}..${signature}`],
    ['an empty signature', `${header}.${payload}.`],
    ['a signature that is a character short', mandate.slice(0, -1)],
    ['a signature that is a character long', `${mandate}A`],
    ['a signature whose unused bits are set', `${mandate.slice(0, -1)}B`],
    ['padding', `${mandate}==`],
    ['a blank in the payload', `${header}.${payload} .${signature}`],
    ['a blank in front', ` ${mandate}`],
    ['a line break behind', `${mandate}\n`],
    ['another alphabet', `${header}.${payload}+/.${signature}`],
    ['a header that is not JSON', `bm9wZQ.${payload}.${signature}`],
    ['a header that is a list', `W10.${payload}.${signature}`],
    ['a header that is null', `bnVsbA.${payload}.${signature}`],
    ['another algorithm', await oddHeader({ alg: 'HS256' })],
    ['another type', await oddHeader({ typ: 'dpop+jwt' })],
    ['a key without an id', await oddHeader({ kid: '' })],
    ['a critical extension', await oddHeader({ crit: ['exp'], exp: 1 })],
    ['an unencoded payload', await oddHeader({ b64: true })],
    ['a megabyte', `${header}.${'x'.repeat(1_000_000)}.${signature}`],
    ['a megabyte of dots', '.'.repeat(1_000_000)],
  ])('%s', async (_, token) => {
    const fetch = vi.fn(async () => Response.json(await issuer.jwks()))
    const decision = await createMandateVerifier({ ...issuer.options, keySet: { fetch } }).authorizeToken(
      token,
    )
    expect(decision).toMatchObject({ outcome: 'deny', code: 'invalid_token', reason: 'malformed' })
    expect(fetch).not.toHaveBeenCalled()
  })

  it('a header of 200,000 nested lists, refused by its length alone (resource-exhaustion-02)', async () => {
    const depth = 200_000
    const deep = await signer.sign(JSON.stringify(claims), `${'['.repeat(depth)}${']'.repeat(depth)}`)
    const short = { ...issuer.options, keySet: { fetch: vi.fn() } }
    const decision = await createMandateVerifier(short).authorizeToken(deep)
    expect(decision).toMatchObject({ code: 'invalid_token', reason: 'malformed' })
    expect(short.keySet.fetch).not.toHaveBeenCalled()
  })
})

describe('(r, n − s), which is as valid a signature as (r, s)', () => {
  /** The order of the P-256 group. */
  const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

  function withOtherSignature(mandate: string): string {
    const at = mandate.lastIndexOf('.') + 1
    const hex = [...base64url.decode(mandate.slice(at))]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
    const s = (N - BigInt(`0x${hex.slice(64)}`)).toString(16).padStart(64, '0')
    const bytes = Uint8Array.from((hex.slice(0, 64) + s).match(/../g) ?? [], (byte) =>
      Number.parseInt(byte, 16),
    )
    return mandate.slice(0, at) + base64url.encode(bytes)
  }

  it('is not another mandate: the claims are the same, and it is revoked with them', async () => {
    const mandate = await issuer.mint()
    const other = withOtherSignature(mandate)
    const guard = createMandateVerifier(issuer.options)
    const decisions = await Promise.all([mandate, other].map((token) => guard.authorizeToken(token)))
    expect(other).not.toBe(mandate)
    expect(decisions[0]).toMatchObject({ outcome: 'admit' })
    expect(decisions[1]).toEqual(decisions[0])
    await issuer.revoke(mandate)
    for (const token of [mandate, other]) {
      expect(await guard.authorizeToken(token)).toMatchObject({ code: 'session_revoked' })
    }
  })
})
