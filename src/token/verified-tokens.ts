// Remembers which tokens had a valid signature, so that the same one is not verified with every request.

import type { KeyDocument } from '../keys/key-document.ts'
import type { KeySet } from '../keys/key-set.ts'
import { MAX_REMEMBERED_CHARACTERS, MAX_REMEMBERED_TOKEN_LENGTH } from '../lib/limits.ts'
import { hasExpired, type UnjudgedMandate } from '../mandate.ts'

/** What was verified, and with a key of which document. */
interface Verified {
  readonly token: string
  readonly mandate: UnjudgedMandate
  readonly keySet: KeySet
  readonly document: KeyDocument
}

/** With the end of its token, by which it is found. */
interface Remembered extends Verified {
  readonly ending: string
}

/**
 * Finds a token by its exact text. With too many tokens, or too long ones together, the least recently used go first.
 * An entry is valid until the mandate expires or its key document is replaced: after every fetch of a key set, each
 * signature is verified once more.
 *
 * Only the signature is remembered. Every other check is made on every request.
 */
export class VerifiedTokens {
  readonly #maxEntries: number
  /** By the end of the token: to hash all of it for the look-up would cost more than the rest of a request. */
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

/** A part of the signature: two tokens hardly ever share it, and where they do, only the later one is remembered. */
function endOf(token: string): string {
  return token.slice(-32)
}

/** V8 keeps the whole of a text as long as a slice of it is kept: here the header, which may be much longer. */
function copyOf(token: string): string {
  return `.${token}`.slice(1)
}
