// Remembers which tokens had a good signature, so that the same mandate is not verified a thousand times.

import type { KeySet, KeySetVersion } from './key-set.ts'
import type { Mandate } from './mandate.ts'
import { hasExpired } from './requirements.ts'

/** What was verified, and with which version of which key set. */
interface Verified {
  readonly mandate: Mandate
  readonly keySet: KeySet
  readonly version: KeySetVersion
}

/**
 * Keyed by the exact text of the token; least recently used out. An entry ends with the mandate and with the fetched
 * document its key came from: after every fetch of the key set, each signature is verified once more.
 *
 * Nothing but the signature is remembered. Every other check is made on every request.
 */
export class VerifiedTokens {
  readonly #maxEntries: number
  readonly #entries = new Map<string, Verified>()

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries
  }

  get(token: string, nowMs: number): Mandate | undefined {
    const entry = this.#entries.get(token)
    if (entry === undefined) return undefined
    this.#entries.delete(token)
    if (entry.keySet.version(nowMs) !== entry.version || hasExpired(entry.mandate, nowMs)) return undefined
    this.#entries.set(token, entry) // now the most recently used
    return entry.mandate
  }

  add(token: string, entry: Verified, nowMs: number): void {
    if (this.#maxEntries === 0 || hasExpired(entry.mandate, nowMs)) return
    this.#entries.set(token, entry)
    if (this.#entries.size <= this.#maxEntries) return
    const [leastRecent] = this.#entries.keys()
    if (leastRecent !== undefined) this.#entries.delete(leastRecent)
  }
}
