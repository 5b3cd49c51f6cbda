// Remembers which tokens had a good signature, so that the same mandate is not verified a thousand times.

import type { KeySet, KeySetVersion } from './key-set.ts'
import type { UnjudgedMandate } from './mandate.ts'
import { hasExpired } from './requirements.ts'

/** What was verified, and with which version of which key set. */
interface Verified {
  readonly token: string
  readonly mandate: UnjudgedMandate
  readonly keySet: KeySet
  readonly version: KeySetVersion
}

/**
 * Knows a token by its exact text; least recently used out. An entry ends with the mandate and with the fetched
 * document its key came from: after every fetch of the key set, each signature is verified once more.
 *
 * Nothing but the signature is remembered. Every other check is made on every request.
 */
export class VerifiedTokens {
  readonly #maxEntries: number
  /** By the end of the token: hashing all of it for the look-up would cost more than the rest of a request. */
  readonly #entries = new Map<string, Verified>()

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get(token: string, nowMs: number): UnjudgedMandate | undefined {
    const ending = endOf(token)
    const entry = this.#entries.get(ending)
    if (entry === undefined || entry.token !== token) return undefined
    this.#entries.delete(ending)
    if (entry.keySet.version(nowMs) !== entry.version || hasExpired(entry.mandate, nowMs)) return undefined
    this.#entries.set(ending, entry) // now the most recently used
    return entry.mandate
  }

  add(entry: Verified, nowMs: number): void {
    if (hasExpired(entry.mandate, nowMs)) return
    this.#entries.set(endOf(entry.token), entry)
    if (this.#entries.size <= this.#maxEntries) return
    const [leastRecent] = this.#entries.keys()
    if (leastRecent !== undefined) this.#entries.delete(leastRecent)
  }
}

/** A good part of the signature: two tokens do not meet there by chance, and it is harmless if they do. */
function endOf(token: string): string {
  return token.slice(-32)
}
