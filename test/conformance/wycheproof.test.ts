// Sends the JWS vectors of C2SP Wycheproof through the guard; the raw ones check the ES256 of this runtime.

import { withCaracal } from 'caracal-edge'
import { decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Members, readJson } from './catalogue.ts'
import { type IssuerServer, startIssuerServer } from './issuer-server.ts'
import type { DecisionEvent } from './run-case.ts'
import { makeTestKeys } from './test-keys.ts'

type Result = 'valid' | 'invalid'

interface JwsGroup {
  readonly comment: string
  readonly public?: Members
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
  let issuers: IssuerServer
  beforeAll(async () => {
    issuers = await startIssuerServer(await makeTestKeys())
  })
  afterAll(() => issuers.close())

  test('the relevant groups exist', () => {
    expect(p256Groups.map(({ comment, tests }) => `${comment} ${tests.length}`)).toEqual([
      'es256 15',
      'ec_key_for_encryption 1',
      'ec_key_for_encryption 1',
      'SpecialCaseEs256 24',
    ])
  })

  for (const [index, group] of p256Groups.entries()) {
    test.each(group.tests)(`${group.comment} $tcId $comment`, async ({ tcId, jws, result }) => {
      const slug = `group-${index}-${tcId}`
      issuers.publish(slug, [{ raw: group.public }], 'K1')
      const { status, body, events, areKeysServed } = await present(issuers.issuerOf(slug), String(jws))
      expect(body).not.toContain('handled')
      if (result === 'invalid') {
        expect([401, 503]).toContain(status)
        expect([
          ...['malformed', 'bad_signature', 'unknown_key', 'missing_token', 'keys_unavailable'],
          // The signature is not looked at without its key.
          ...(areKeysServed && kidIn(jws) === group.public?.kid ? [] : ['invalid_claims']),
        ]).toContain(events[0]?.reason)
      } else {
        // None of them is a mandate: a valid signature shows by how far they get.
        expect(status).toBe(401)
        expect(events[0]?.reason).toBe('invalid_claims')
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

async function present(issuer: string, jws: string) {
  const events: DecisionEvent[] = []
  const guard = withCaracal(() => new Response('handled'), {
    audience: 'resource://api',
    issuer,
    expectedZoneId: 'zone-1',
    revocations: { lookup: () => ({ revoked: false, delegationEpoch: 0 }) },
    onDecision: (event) => events.push(event),
  })
  // Without keys at hand, claims that no mandate has are refused before the signature is looked at.
  const areKeysServed = await guard.warmup().then(
    () => true,
    () => false,
  )
  const response = await guard(new Request('http://h/x', { headers: { authorization: `Bearer ${jws}` } }))
  return { status: response.status, body: await response.text(), events, areKeysServed }
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
