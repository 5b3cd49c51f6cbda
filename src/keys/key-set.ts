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
   * The key that has this id in a newer document, which is fetched if it may be; `undefined` if there is none. For a
   * signature that the found key did not make.
   * @param askedAt when the request came, in milliseconds since 1970
   * @throws {KeySetUnavailableError} (rejects) if this cannot be determined
   */
  renewed(kid: string, found: FoundKey, askedAt: number): Promise<FoundKey | undefined>
  /**
   * Fetches the keys beside the request if they will soon have to be fetched. For a token whose signature is good: nothing
   * is fetched for strangers. Never waits.
   */
  refreshAhead(nowMs: number): void
  /**
   * Fetches the keys if necessary.
   * @throws {KeySetUnavailableError} (rejects) if they cannot be fetched
   */
  load(): Promise<void>
}
