// The keys of one zone, wherever they come from.

import type { FoundKey, KeyDocument } from './key-document.ts'

export interface KeySet {
  /** The document to verify with, or `undefined` when it has to be fetched first. Never waits. */
  fresh(nowMs: number): KeyDocument | undefined
  /**
   * The key of this id, or `undefined` when the zone has no such key.
   * @throws {KeySetUnavailableError} (rejects) when that cannot be known
   */
  find(kid: string): Promise<FoundKey | undefined>
  /**
   * Fetches the keys unless they are there.
   * @throws {KeySetUnavailableError} (rejects) when they are out of reach
   */
  load(): Promise<void>
}
