// The errors that this package throws. Their messages are safe to log.

import { bare } from '../lib/own-member.ts'
import {
  type KeySetFault,
  keySetOutage,
  type OutageDetails,
  type RevocationFault,
  storeOutage,
} from './outage-texts.ts'

export type { KeySetFault, OutageDetails, RevocationFault } from './outage-texts.ts'

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

/**
 * A zone's keys are not available, so that no mandate of the zone can be verified. The message says which host was
 * asked, what came and what to check. `cause` is the error behind it, if there is one.
 */
export class KeySetUnavailableError extends Error {
  override readonly name = 'KeySetUnavailableError'
  readonly fault: KeySetFault
  /** When the next fetch is possible, in whole seconds from now. */
  readonly retryAfterSeconds: number
  /** The host that was asked, with its port; `undefined` for inline keys. */
  readonly host: string | undefined
  /** The HTTP status that came instead of a key set. */
  readonly status: number | undefined

  constructor(fault: KeySetFault, retryAfterSeconds: number, details: OutageDetails = {}) {
    const own = bare(details)
    super(keySetOutage(fault, own), causeIn(own))
    this.fault = fault
    this.retryAfterSeconds = retryAfterSeconds
    this.host = own.host
    this.status = own.status
  }
}

/**
 * A revocation store could not answer a look-up, or could not store a mark. The message says which host was asked, what
 * came and what to check. `cause` is the error behind it, if there is one.
 */
export class RevocationUnavailableError extends Error {
  override readonly name = 'RevocationUnavailableError'
  readonly fault: RevocationFault
  /** The host that was asked, with its port; `undefined` if the store does not say. */
  readonly host: string | undefined
  /** The HTTP status that came instead of an answer. */
  readonly status: number | undefined

  constructor(fault: RevocationFault, details: OutageDetails = {}) {
    const own = bare(details)
    super(storeOutage(fault, own), causeIn(own))
    this.fault = fault
    this.host = own.host
    this.status = own.status
  }
}

function causeIn({ cause }: OutageDetails): ErrorOptions | undefined {
  return cause === undefined ? undefined : bare({ cause })
}
