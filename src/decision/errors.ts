// The errors this package throws, each with a closed set of reasons that are safe to log.

/**
 * The configuration cannot be used. Thrown when a guard or a store is built, with every mistake at once.
 * No value is ever quoted, only option names, types and what to write instead.
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

/** What went wrong between the guard and a zone's key set. */
export type KeySetFault = 'network' | 'timeout' | 'status' | 'too_large' | 'malformed'

/** A zone's keys are out of reach, so that nothing can be said about a mandate. */
export class KeySetUnavailableError extends Error {
  override readonly name = 'KeySetUnavailableError'
  readonly fault: KeySetFault
  /** When asking again can first make a difference, in whole seconds. */
  readonly retryAfterSeconds: number

  constructor(fault: KeySetFault, retryAfterSeconds: number) {
    super(`The key set is unavailable (${fault}).`)
    this.fault = fault
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** What went wrong between the guard and a revocation store. */
export type RevocationFault =
  | 'network'
  | 'timeout'
  | 'status'
  | 'too_large'
  | 'malformed'
  /** The stream consumer has been silent for longer than `maxSyncAgeMs`. */
  | 'stale'
  | 'full'
  /** A store of the user's own threw. */
  | 'failed'

/** A revocation store cannot say what it was asked, or cannot keep what it was told. */
export class RevocationUnavailableError extends Error {
  override readonly name = 'RevocationUnavailableError'
  readonly fault: RevocationFault

  constructor(fault: RevocationFault) {
    super(`The revocation store is unavailable (${fault}).`)
    this.fault = fault
  }
}
