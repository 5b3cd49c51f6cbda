// What the caller of a pass over the streams is told.

import type { RevocationFault } from '../decision/errors.ts'

/**
 * Announcements that a pass could not apply and may never see again. From then on no pass is clean until every mandate
 * that they could concern has expired.
 *
 * - `trimmed`: messages were cut from a stream, or skipped, before they had been read
 * - `unverified`: messages failed their signature, perhaps for a key that is wrong or was rotated
 * - `restarted`: the consumer group had to be made: this is a first start, or Redis lost its memory
 */
export type StreamLoss = (typeof STREAM_LOSSES)[number]

/** The first one that is held is what a report names. */
export const STREAM_LOSSES = ['trimmed', 'unverified', 'restarted'] as const

/** What a pass did. */
export interface SyncReport {
  /** Messages whose effect is in Redis now. */
  readonly applied: number
  /** Messages that could not be understood or trusted, and were moved to the dead-letter stream. */
  readonly deadLettered: number
  /** Messages that were read but had to be left for a later pass. */
  readonly pending: number
  /**
   * Whether everything that was in the streams when the pass began has been dealt with, by whichever consumer, and no
   * loss is held.
   */
  readonly caughtUp: boolean
  /** The loss that is held, or else what kept the pass from its work, if anything did. */
  readonly fault: StreamLoss | RevocationFault | undefined
  /** Whether a message was signed with the second of two keys. While this is so, the older key is still in use. */
  readonly olderKeyUsed: boolean
}
