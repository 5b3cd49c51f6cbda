// One version of a key set, as it was fetched or configured. jose finds the keys in it.

import { createLocalJWKSet, errors } from 'jose'
import { KeySetUnavailableError } from '../decision/errors.ts'
import { SignedTokens } from './signed-tokens.ts'

/** A signature that was verified with one of its keys counts as verified only while this document is in use. */
export interface KeyDocument {
  readonly signed: SignedTokens
  /**
   * The ES256 key with this id, or `undefined` if there is none.
   * @throws {KeySetUnavailableError} (rejects) if the key cannot be used
   */
  find(kid: string): Promise<FoundKey | undefined>
}

export interface FoundKey {
  readonly key: CryptoKey
  readonly document: KeyDocument
}

/**
 * @param host where the keys were fetched, for errors
 * @throws if a key is not an object
 */
export function keyDocument(keys: readonly object[], host?: string): KeyDocument {
  const lookUp = createLocalJWKSet({ keys: [...keys] })
  const document: KeyDocument = {
    signed: new SignedTokens(),
    async find(kid) {
      try {
        return { key: await lookUp({ alg: 'ES256', kid }), document }
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey) return undefined
        // Two keys with one id, a private key or an invalid point: a fault of the key set, not of the mandate.
        throw new KeySetUnavailableError('malformed', 1, { host, cause: error })
      }
    },
  }
  return document
}
