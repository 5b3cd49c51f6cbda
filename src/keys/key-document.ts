// One document of keys as it was fetched or given, and the search for a key in it, which is jose's.

import { createLocalJWKSet, errors } from 'jose'
import { KeySetUnavailableError } from '../decision/errors.ts'

/** What was verified with a key of a document holds only while that document is in force. */
export interface KeyDocument {
  /**
   * The ES256 key of this id, or `undefined` where there is none.
   * @throws {KeySetUnavailableError} (rejects) when the key cannot be used
   */
  find(kid: string): Promise<FoundKey | undefined>
}

export interface FoundKey {
  readonly key: CryptoKey
  readonly document: KeyDocument
}

/** @throws when a key is no object */
export function keyDocument(keys: readonly object[]): KeyDocument {
  const lookUp = createLocalJWKSet({ keys: [...keys] })
  const document: KeyDocument = {
    async find(kid) {
      try {
        return { key: await lookUp({ alg: 'ES256', kid }), document }
      } catch (error) {
        if (error instanceof errors.JWKSNoMatchingKey) return undefined
        // Two keys of one id, a private key, a point off the curve: the key set is at fault, not the mandate.
        throw new KeySetUnavailableError('malformed', 1)
      }
    },
  }
  return document
}
