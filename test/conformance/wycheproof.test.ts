// Sends the JWS vectors of C2SP Wycheproof through the guard; the raw ones check the ES256 of this runtime.

import { readFileSync } from 'node:fs'
import { withCaracal } from 'caracal-edge'
import { decodeProtectedHeader } from 'jose'
import { describe, expect, test } from 'vitest'

type Result = 'valid' | 'invalid'

interface JwsGroup {
  readonly comment: string
  readonly public?: { readonly crv?: unknown; readonly kid?: unknown }
  readonly tests: readonly {
    readonly tcId: number
    readonly comment: string
    readonly jws: unknown
    readonly result: Result
  }[]
}

interface EcdsaGroup {
  /** Absent if the key cannot be written as a JWK. */
  readonly publicKeyJwk?: JsonWebKey
  readonly publicKeyDer: string
  readonly tests: readonly {
    readonly tcId: number
    readonly comment: string
    readonly msg: string
    readonly sig: string
    readonly result: Result
  }[]
}

const jwsFile = readJson<{ testGroups: readonly JwsGroup[] }>('wycheproof/json_web_signature_test.json')
const ecdsaFile = readJson<{ testGroups: readonly EcdsaGroup[] }>(
  'wycheproof/ecdsa_secp256r1_sha256_p1363_test.json',
)
const p256Groups = jwsFile.testGroups.filter((group) => group.public?.crv === 'P-256')

describe('compact JWS through the guard', () => {
  test('the relevant groups exist', () => {
    expect(p256Groups.map(({ comment, tests }) => `${comment} ${tests.length}`)).toEqual([
      'es256 15',
      'ec_key_for_encryption 1',
      'ec_key_for_encryption 1',
      'SpecialCaseEs256 24',
    ])
  })

  for (const group of p256Groups) {
    test.each(group.tests)(`${group.comment} $tcId $comment`, async ({ jws, result }) => {
      const { status, body, reasons, areKeysServed } = await present(group.public, String(jws))
      expect(body).not.toContain('handled')
      if (result === 'invalid') {
        expect([401, 503]).toContain(status)
        expect([
          ...['malformed', 'bad_signature', 'unknown_key', 'missing_token', 'keys_unavailable'],
          // The signature is not looked at without its key.
          ...(areKeysServed && kidIn(jws) === group.public?.kid ? [] : ['invalid_claims']),
        ]).toContain(reasons[0])
      } else {
        // None of them is a mandate: a valid signature shows by how far they get.
        expect(status).toBe(401)
        expect(reasons[0]).toBe('invalid_claims')
      }
    })
  }
})

describe('the ES256 of this runtime', () => {
  test('has the result of every raw vector', async () => {
    const wrong: string[] = []
    for (const group of ecdsaFile.testGroups) {
      const key = await importKey(group)
      for (const { tcId, comment, msg, sig, result } of group.tests) {
        const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
        const good = await crypto.subtle.verify(algorithm, key, fromHex(sig), fromHex(msg))
        if (good !== (result === 'valid')) wrong.push(`${tcId} ${comment}`)
      }
    }
    expect(wrong).toEqual([])
  })
})

async function present(key: unknown, jws: string) {
  const reasons: unknown[] = []
  const guard = withCaracal(() => new Response('handled'), {
    audience: 'resource://api',
    issuer: 'https://sts.test',
    expectedZoneId: 'zone-1',
    keySet: { fetch: async () => Response.json({ keys: [key] }) },
    revocations: { lookup: () => ({ revoked: false, delegationEpoch: 0 }) },
    onDecision: (event) => reasons.push('reason' in event ? event.reason : undefined),
  })
  // Without keys at hand, claims that no mandate has are refused before the signature is looked at.
  const areKeysServed = await guard.warmup().then(
    () => true,
    () => false,
  )
  const response = await guard(new Request('http://h/x', { headers: { authorization: `Bearer ${jws}` } }))
  return { status: response.status, body: await response.text(), reasons, areKeysServed }
}

function kidIn(jws: unknown): unknown {
  try {
    return decodeProtectedHeader(String(jws)).kid
  } catch {
    return undefined
  }
}

function importKey({ publicKeyJwk, publicKeyDer }: EcdsaGroup): Promise<CryptoKey> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return publicKeyJwk === undefined
    ? crypto.subtle.importKey('spki', fromHex(publicKeyDer), algorithm, false, ['verify'])
    : crypto.subtle.importKey('jwk', publicKeyJwk, algorithm, false, ['verify'])
}

function fromHex(text: string): Buffer<ArrayBuffer> {
  return Buffer.from(text, 'hex')
}

function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as T
}
