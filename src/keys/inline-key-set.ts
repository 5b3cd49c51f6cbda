// A key set from the options. It is not fetched and never changes.

import { keyDocument } from './key-document.ts'
import type { KeySet } from './key-set.ts'
import type { InlineKeySet } from './key-set-options.ts'

export function inlineKeySet(jwks: InlineKeySet): KeySet {
  const document = keyDocument(jwks.keys)
  return { fresh: () => document, find: document.find, load: async () => {} }
}
