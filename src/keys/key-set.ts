// The interface of a zone's key set: inline or remote.

import type { FoundKey, KeyDocument } from './key-document.ts'

export interface KeySet {
  /** The current document, or `undefined` if it must be fetched first. Never waits. */
  fresh(nowMs: number): KeyDocument | undefined
  /**
   * The key with this id, or `undefined` if the zone has no such key.
   * @throws {KeySetUnavailableError} (rejects) if this cannot be determined
   */
  find(kid: string): Promise<FoundKey | undefined>
  /**
   * Fetches the keys if necessary.
   * @throws {KeySetUnavailableError} (rejects) if they cannot be fetched
   */
  load(): Promise<void>
}
