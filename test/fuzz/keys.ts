// Keys of the zones and of strangers, and what they sign.

import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { SECRET } from './guard.ts'
import { ZONES } from './mandates.ts'
import type { Members } from './model-token.ts'

export interface Key {
  readonly privateKey: KeyObject
  /** As the STS publishes it. */
  readonly jwk: Members & { readonly kid: string }
}

export function newKey(kid: string, namedCurve = 'P-256'): Key {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve })
  return { privateKey, jwk: { ...publicKey.export({ format: 'jwk' }), use: 'sig', kid, alg: 'ES256' } }
}

/** The zones' keys, all under one id, so that a key of the wrong zone is found by its id. */
export const KID = `kid-${SECRET}`
export const ZONE_KEYS: Readonly<Record<string, Key>> = Object.fromEntries(
  ZONES.map((zone) => [zone, newKey(KID)]),
)
export const STRANGER = newKey(KID)
const P384 = newKey(KID, 'P-384')

export function keyOf(zone: unknown): Key {
  return ZONE_KEYS[String(zone)] ?? STRANGER
}

export function keySetOf(...keys: readonly Key[]): string {
  return JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })
}

type Signer = (input: string, key: Key) => Buffer

let last = { input: '', key: undefined as KeyObject | undefined, signature: Buffer.alloc(0) }

/** The same text twice in a row has the same signature, so that a token and its change differ in the change alone. */
const es256: Signer = (input, { privateKey: key }) => {
  if (last.input !== input || last.key !== key) {
    last = { input, key, signature: sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }) }
  }
  return last.signature
}

/** Ways to sign, of which the first is the right one. */
export const SIGNERS: Readonly<Record<string, Signer>> = {
  es256,
  stranger: (input) => es256(input, STRANGER),
  'the other zone': (input, key) => es256(input, ZONES.map(keyOf).find((other) => other !== key) ?? STRANGER),
  'another curve': (input) => es256(input, P384),
  'another hash': (input, { privateKey: key }) =>
    sign('sha512', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }),
  DER: (input, { privateKey }) => sign('sha256', Buffer.from(input), privateKey),
  'the public key as a secret': (input, { jwk }) =>
    Buffer.concat([createHmac('sha512', JSON.stringify(jwk)).update(input).digest()]),
  'the same for s as for r': (input, key) => {
    const r = es256(input, key).subarray(0, 32)
    return Buffer.concat([r, r])
  },
  'the other s': (input, key) => {
    const signature = es256(input, key)
    const s = ORDER - BigInt(`0x${signature.subarray(32).toString('hex')}`)
    return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')])
  },
  zeros: () => Buffer.alloc(64),
  nothing: () => Buffer.alloc(0),
}

/** Of the P-256 group. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
