// One version of a key set, as it was fetched or configured. jose finds the keys in it.

import { createLocalJWKSet, errors } from 'jose'
import { failure, type Result, success } from '../lib/result.ts'
import type { Awaitable } from '../lib/thenable.ts'
import type { KeySetFailure } from './key-set-failure.ts'
import { SignedTokens } from './signed-tokens.ts'
import type { SigningKey } from './signing-key.ts'

/** The key; or why it cannot be used, which is a fault of the key set; or `undefined` if there is no such key. */
export type Lookup = Result<FoundKey, KeySetFailure | undefined>

/** A signature that was verified with one of its keys counts as verified only while this document is in use. */
export interface KeyDocument {
  readonly signed: SignedTokens
  /** Its keys, as they came. */
  readonly jwks: readonly object[]
  /** Looks for the key with this id. Never rejects, and does not wait for a key that was found before. */
  find(kid: string): Awaitable<Lookup>
}

export interface FoundKey {
  readonly key: CryptoKey
  readonly document: KeyDocument
}

/** @param host where the keys were fetched, for errors */
export function keyDocument(keys: readonly SigningKey[], host?: string): KeyDocument {
  const jwks = keys.map(({ jwk }) => jwk)
  const lookUp = createLocalJWKSet({ keys: jwks })
  /** No more than the document has: an id that is not there is not kept. */
  const known = new Map<string, Lookup>()
  const search = async (kid: string): Promise<Lookup> => {
    try {
      const found = success({ key: await lookUp({ alg: 'ES256', kid }), document })
      known.set(kid, found)
      return found
    } catch (cause) {
      if (cause instanceof errors.JWKSNoMatchingKey) return failure(undefined)
      // Two keys with one id, a private key or an invalid point: a fault of the key set, not of the mandate.
      return failure({ fault: 'malformed', details: { host, cause }, retryAfterMs: 0 } as const)
    }
  }
  const document: KeyDocument = {
    signed: new SignedTokens(),
    jwks,
    find: (kid) => known.get(kid) ?? search(kid),
  }
  return document
}
