// Which members of a key set are keys that verify mandates.

import { isObject, ownMember } from '../lib/own-member.ts'

export interface SigningKey {
  readonly jwk: object
  /** Without one, no mandate can name the key. */
  readonly kid: string | undefined
  /** The same for two copies of one key. */
  readonly identity: string
}

/** `undefined` unless it is a P-256 key, and nothing in it says that it is not for ES256 signatures. */
function signingKey(jwk: unknown): SigningKey | undefined {
  if (!isObject(jwk)) return undefined
  const member = (name: string) => ownMember(jwk, name)
  if (member('kty') !== 'EC' || member('crv') !== 'P-256') return undefined
  const kid = member('kid')
  const [use, alg, operations] = [member('use'), member('alg'), member('key_ops')]
  const isMeant =
    (use === undefined || use === 'sig') &&
    (alg === undefined || alg === 'ES256') &&
    (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))
  if (!isMeant) return undefined
  return {
    jwk,
    kid: typeof kid === 'string' && kid !== '' ? kid : undefined,
    identity: JSON.stringify([kid, member('x'), member('y'), member('d')]),
  }
}

/** All of them, each once. */
export function signingKeys(jwks: readonly unknown[]): readonly SigningKey[] {
  const keys = jwks.map(signingKey).filter((key) => key !== undefined)
  return [...new Map(keys.map((key) => [key.identity, key])).values()]
}
