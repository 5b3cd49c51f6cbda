// The errors that this package throws. Their messages and reasons are safe to log.

/**
 * The configuration cannot be used. Thrown when a guard or a store is built, and lists every mistake.
 * The message names options and types and says what to write instead. It never quotes a value.
 */
export class CaracalConfigError extends Error {
  override readonly name = 'CaracalConfigError'
  /** One sentence for each mistake. */
  readonly issues: readonly string[]

  constructor(issues: readonly string[]) {
    super(`caracal-edge cannot start:\n${issues.map((issue) => `  - ${issue}`).join('\n')}`)
    this.issues = Object.freeze([...issues])
  }
}

/** Why a zone's key set could not be fetched. */
export type KeySetFault = 'network' | 'timeout' | 'status' | 'too_large' | 'malformed'

/** A zone's keys are not available, so that no mandate of the zone can be verified. */
export class KeySetUnavailableError extends Error {
  override readonly name = 'KeySetUnavailableError'
  readonly fault: KeySetFault
  /** When the next fetch is possible, in whole seconds from now. */
  readonly retryAfterSeconds: number

  constructor(fault: KeySetFault, retryAfterSeconds: number) {
    super(`The key set is unavailable (${fault}).`)
    this.fault = fault
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** Why a revocation store failed. */
export type RevocationFault =
  | 'network'
  | 'timeout'
  | 'status'
  | 'too_large'
  | 'malformed'
  /** The stream consumer's heartbeat is older than `maxSyncAgeMs`. */
  | 'stale'
  /** The store has reached its `maxEntries`. */
  | 'full'
  /** A custom store threw an error. */
  | 'failed'

/** A revocation store could not answer a look-up, or could not store a mark. */
export class RevocationUnavailableError extends Error {
  override readonly name = 'RevocationUnavailableError'
  readonly fault: RevocationFault

  constructor(fault: RevocationFault) {
    super(`The revocation store is unavailable (${fault}).`)
    this.fault = fault
  }
}
