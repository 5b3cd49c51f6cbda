// The keys that the cases name, new for every list of checks, and what is published of them.

import { type Bytes, utf8 } from './bytes.ts'
import type { Members } from './case.ts'

const KEY_NAMES = ['K1', 'K2', 'P384'] as const
type KeyName = (typeof KEY_NAMES)[number]

export interface TestKey {
  readonly publicJwk: Members
  readonly privateJwk: Members
  /** A signature as r and s, concatenated. */
  sign(input: string, hash?: string): Promise<Bytes>
}

export type TestKeys = { readonly [Name in KeyName]: TestKey }

export async function makeTestKeys(): Promise<TestKeys> {
  return {
    K1: await makeKey('P-256', 'kid-1', 'ES256', 'SHA-256'),
    K2: await makeKey('P-256', 'kid-2', 'ES256', 'SHA-256'),
    P384: await makeKey('P-384', 'kid-1', 'ES384', 'SHA-384'),
  }
}

export function keyNamed(keys: TestKeys, name: unknown): TestKey {
  const known = KEY_NAMES.find((each) => each === name)
  if (known === undefined) throw new Error(`There is no key ${String(name)}`)
  return keys[known]
}

async function makeKey(crv: string, kid: string, alg: string, ownHash: string): Promise<TestKey> {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: crv }, true, ['sign', 'verify'])
  const { x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  const publicJwk = { kty: 'EC', crv, use: 'sig', kid, alg, x, y }
  return {
    publicJwk,
    privateJwk: { ...publicJwk, d },
    async sign(input, hash = ownHash) {
      const algorithm = { name: 'ECDSA', hash }
      return new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, utf8(input)))
    },
  }
}
