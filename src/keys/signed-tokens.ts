// The tokens that were signed under one version of a key set. All guards of the isolate share them.

import { MAX_REMEMBERED_CHARACTERS, MAX_REMEMBERED_TOKEN_LENGTH } from '../lib/limits.ts'
import { hasExpired } from '../mandate.ts'

/** Says that the signature of this text is good, and nothing else: each guard reads and checks the claims itself. */
export interface SignedToken {
  readonly text: string
  /** The end of the mandate, in seconds since 1970. */
  readonly expiresAt: number
}

/**
 * Compares tokens by their whole text. If there are too many, or too many characters, the least recently used go first.
 * An entry ends when its mandate expires. All of them end with the version of the key set: after every fetch, each
 * signature is verified once more.
 */
export class SignedTokens {
  /** By the end of the token: hashing the whole token would take longer than the rest of a request. */
  readonly #entries = new Map<string, SignedToken>()
  /** The length of all tokens together. The size of their claims grows with it. */
  #characters = 0
  #newest: SignedToken | undefined
  /** The most that any of the guards wants to keep. */
  #maxEntries = 0

  get(token: string, nowMs: number): SignedToken | undefined {
    const entry = this.#entries.get(lastPart(token))
    if (entry === undefined || entry.text !== token) return undefined
    if (hasExpired(entry, nowMs)) {
      this.#remove(entry)
      return undefined
    }
    // Moving an entry costs more than to find it, and most agents send a mandate several times in a row.
    if (entry !== this.#newest) {
      this.#remove(entry)
      this.#insert(entry)
    }
    return entry
  }

  /** @param token must have been verified with a key of this version */
  add(token: string, expiresAt: number, maxEntries: number, nowMs: number): void {
    if (token.length > MAX_REMEMBERED_TOKEN_LENGTH || hasExpired({ expiresAt }, nowMs)) return
    this.#maxEntries = Math.max(this.#maxEntries, maxEntries)
    const previous = this.#entries.get(lastPart(token))
    if (previous !== undefined) this.#remove(previous)
    this.#insert({ text: copyOf(token), expiresAt })
    for (const leastRecent of this.#entries.values()) {
      if (this.#entries.size <= this.#maxEntries && this.#characters <= MAX_REMEMBERED_CHARACTERS) return
      this.#remove(leastRecent)
    }
  }

  /** As the most recently used. */
  #insert(entry: SignedToken): void {
    this.#newest = entry
    this.#entries.set(lastPart(entry.text), entry)
    this.#characters += entry.text.length
  }

  #remove(entry: SignedToken): void {
    this.#entries.delete(lastPart(entry.text))
    this.#characters -= entry.text.length
  }
}

/** A part of the signature. If two tokens ever share it, only the later one is kept. */
function lastPart(token: string): string {
  return token.slice(-32)
}

/** Forces a copy: V8 keeps a whole string in memory as long as a slice of it exists, here the Authorization header. */
function copyOf(token: string): string {
  return `.${token}`.slice(1)
}
