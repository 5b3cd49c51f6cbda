// The report of a pass over the streams.

import type { RevocationFault } from '../decision/errors.ts'

/**
 * Messages that a pass could not apply and may never see again. From then on no pass is caught up until every mandate
 * that they could concern has expired.
 *
 * - `trimmed`: messages were removed from a stream, or skipped, before they had been read; or it can take no more
 * - `unverified`: messages have a bad signature, perhaps because the key is wrong or was rotated
 * - `restarted`: the consumer group did not exist, or stream or group were made again: this is the first start, or Redis
 *   lost its data
 */
export type StreamLoss = (typeof STREAM_LOSSES)[number]

/** If several are held, the report has the first one of this list. */
export const STREAM_LOSSES = ['trimmed', 'unverified', 'restarted'] as const

/** The result of a pass. */
export interface SyncReport {
  /** The number of messages that are now in effect in Redis. */
  readonly applied: number
  /** The number of messages that were malformed or not trusted, and were moved to the dead-letter stream. */
  readonly deadLettered: number
  /** The number of messages that were read but are left for a later pass. */
  readonly pending: number
  /**
   * Whether everything that was in the streams when the pass began has been applied or dead-lettered, by this or another
   * consumer, and no loss is held.
   */
  readonly caughtUp: boolean
  /** The loss that is held, or else the fault that stopped the pass, if there was one. */
  readonly fault: StreamLoss | RevocationFault | undefined
  /** Whether a message was signed with the second of two keys. As long as this happens, the older key is in use. */
  readonly olderKeyUsed: boolean
}
