// The reason of a signal that has fired because an authority has ended.

import type { Denial } from './decision.ts'

/** Why the signal of an `Authority` has fired. The message is the description of the denial. */
export class AuthorityEndedError extends Error {
  override readonly name = 'AuthorityEndedError'
  readonly denial: Denial

  constructor(denial: Denial) {
    super(denial.description)
    this.denial = denial
  }
}
