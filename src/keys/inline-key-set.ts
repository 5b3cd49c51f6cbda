// A key set from the options. It is not fetched and never changes.

import { KeySetUnavailableError } from '../decision/errors.ts'
import { keyDocument } from './key-document.ts'
import type { KeySet } from './key-set.ts'
import type { InlineKeySet } from './key-set-options.ts'
import { signingKeys } from './signing-key.ts'

export function inlineKeySet(jwks: InlineKeySet): KeySet {
  const document = keyDocument(signingKeys(jwks.keys))
  return {
    fresh: () => document,
    async find(kid) {
      const found = await document.find(kid)
      if (found.ok) return found.value
      if (found.reason === undefined) return undefined
      throw new KeySetUnavailableError(found.reason.fault, 1, found.reason.details)
    },
    renewed: async () => undefined,
    refreshAhead: () => {},
    load: async () => {},
  }
}
