// A cache of verified tokens, so that the signature of a mandate is not verified again for every request.

import type { KeyDocument } from '../keys/key-document.ts'
import type { KeySet } from '../keys/key-set.ts'
import { MAX_REMEMBERED_CHARACTERS, MAX_REMEMBERED_TOKEN_LENGTH } from '../lib/limits.ts'
import { hasExpired, type UnjudgedMandate } from '../mandate.ts'

/** A verified token, and the key document with which it was verified. */
interface Verified {
  readonly token: string
  readonly mandate: UnjudgedMandate
  readonly keySet: KeySet
  readonly document: KeyDocument
}

/** With its key in the cache: the end of the token. */
interface Remembered extends Verified {
  readonly ending: string
}

/**
 * Compares tokens by their whole text. If there are too many, or too many characters, the least recently used go first.
 * An entry is valid until the mandate expires or its key document is replaced: after every fetch of a key set, each
 * signature is verified once more.
 *
 * Only the signature is cached. Every other check is made on every request.
 */
export class VerifiedTokens {
  readonly #maxEntries: number
  /** By the end of the token: hashing the whole token would take longer than the rest of a request. */
  readonly #entries = new Map<string, Remembered>()
  /** The length of all tokens together. The size of their claims grows with it. */
  #characters = 0

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get(token: string, nowMs: number): UnjudgedMandate | undefined {
    const entry = this.#entries.get(endOf(token))
    if (entry === undefined || entry.token !== token) return undefined
    this.#remove(entry)
    if (entry.keySet.fresh(nowMs) !== entry.document || hasExpired(entry.mandate, nowMs)) return undefined
    this.#insert(entry) // now the most recently used
    return entry.mandate
  }

  add(verified: Verified, nowMs: number): void {
    if (verified.token.length > MAX_REMEMBERED_TOKEN_LENGTH || hasExpired(verified.mandate, nowMs)) return
    const token = copyOf(verified.token)
    const ending = endOf(token)
    const previous = this.#entries.get(ending)
    if (previous !== undefined) this.#remove(previous)
    this.#insert({ ...verified, token, ending })
    for (const leastRecent of this.#entries.values()) {
      if (this.#entries.size <= this.#maxEntries && this.#characters <= MAX_REMEMBERED_CHARACTERS) return
      this.#remove(leastRecent)
    }
  }

  #insert(entry: Remembered): void {
    this.#entries.set(entry.ending, entry)
    this.#characters += entry.token.length
  }

  #remove(entry: Remembered): void {
    this.#entries.delete(entry.ending)
    this.#characters -= entry.token.length
  }
}

/** A part of the signature. If two tokens ever share it, only the later one is cached. */
function endOf(token: string): string {
  return token.slice(-32)
}

/** Forces a copy: V8 keeps a whole string in memory as long as a slice of it exists, here the Authorization header. */
function copyOf(token: string): string {
  return `.${token}`.slice(1)
}
