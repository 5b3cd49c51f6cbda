// The tokens that were signed under one version of a key set. All guards of the isolate share them.

import { MAX_REMEMBERED_CHARACTERS, MAX_REMEMBERED_TOKEN_LENGTH, MAX_SPARED_TOKENS } from '../lib/limits.ts'
import { hasExpired } from '../mandate.ts'

/** Says that the signature of this text is good, and nothing else: each guard reads and checks the claims itself. */
export interface SignedToken {
  readonly text: string
  /** The end of the mandate, in seconds since 1970. */
  readonly expiresAt: number
}

interface Entry extends SignedToken {
  /** Whether it was found since it was added, or since it was spared. */
  wasFound: boolean
}

/**
 * Compares tokens by their whole text. If there are too many, or too many characters, the oldest go first; one that was
 * found in the meantime is spared once, because to note that costs less than to move it whenever it is found. An entry
 * ends when its mandate expires. All of them end with the version of the key set: after every fetch, each
 * signature is verified once more.
 */
export class SignedTokens {
  /** By the end of the token: hashing the whole token would take longer than the rest of a request. */
  readonly #entries = new Map<string, Entry>()
  /** The length of all tokens together. The size of their claims grows with it. */
  #characters = 0
  /** The most that any of the guards wants to keep. */
  #maxEntries = 0

  get(token: string, nowMs: number): SignedToken | undefined {
    const entry = this.#entries.get(lastPart(token))
    if (entry === undefined || entry.text !== token) return undefined
    if (hasExpired(entry, nowMs)) {
      this.#remove(entry)
      return undefined
    }
    entry.wasFound = true
    return entry
  }

  /** @param token must have been verified with a key of this version */
  add(token: string, expiresAt: number, maxEntries: number, nowMs: number): void {
    if (token.length > MAX_REMEMBERED_TOKEN_LENGTH || hasExpired({ expiresAt }, nowMs)) return
    this.#maxEntries = Math.max(this.#maxEntries, maxEntries)
    const previous = this.#entries.get(lastPart(token))
    if (previous !== undefined) this.#remove(previous)
    this.#makeRoom(token.length)
    this.#insert({ text: copyOf(token), expiresAt, wasFound: false })
  }

  #makeRoom(characters: number): void {
    let spared = 0
    for (const oldest of this.#entries.values()) {
      const isRoom = this.#entries.size < this.#maxEntries
      if (isRoom && this.#characters + characters <= MAX_REMEMBERED_CHARACTERS) return
      this.#remove(oldest)
      if (!oldest.wasFound || spared === MAX_SPARED_TOKENS) continue
      // To the end, where this may come to it again.
      oldest.wasFound = false
      this.#insert(oldest)
      spared++
    }
  }

  #insert(entry: Entry): void {
    this.#entries.set(lastPart(entry.text), entry)
    this.#characters += entry.text.length
  }

  #remove(entry: Entry): void {
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
