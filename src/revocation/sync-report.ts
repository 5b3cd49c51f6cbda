// What the caller of a pass over the streams is told.

import type { RevocationFault } from '../errors.ts'

/** What a pass did. */
export interface SyncReport {
  /** Messages whose effect is in Redis now. */
  readonly applied: number
  /** Messages that could not be understood or trusted, and were moved to the dead-letter stream. */
  readonly deadLettered: number
  /** Messages that were read but had to be left for a later pass. */
  readonly pending: number
  /** Whether everything that was in the streams when the pass began has been dealt with, by whichever consumer. */
  readonly caughtUp: boolean
  /** What kept the pass from its work, if anything did. */
  readonly fault: RevocationFault | undefined
}
