// What `explain` gives: a decision, and every check on the way to it. The public types.

import type { Decision, DecisionStep, DenialReason } from '../../decision/decision.ts'
import type { Requirements } from '../../requirements.ts'
import type { CLAIM_CHECKS, KIND_CHECKS } from '../validity.ts'

type ClaimCheckName = keyof typeof CLAIM_CHECKS | keyof typeof KIND_CHECKS

/**
 * What is checked: a step of its own, a claim by its name in {@link Mandate} (`lifetime` is the time from `iat` to
 * `exp`), or a requirement by the name of its option. `expiresAt` is checked before the store is asked, `expiry` after.
 */
export type CheckName = Exclude<DecisionStep, 'claims' | 'requirements'> | ClaimCheckName | keyof Requirements

/**
 * Which options a check is from: the guard's own, those of a route, or the requirements that were passed in addition.
 * `readings` are the texts that a router may make of the path and that led there, in capitals if the route matches
 * only by another name, without case or suffix. They are empty for a token, and where no option depends on the path.
 */
export type ExplainedRule =
  | { readonly from: 'guard'; readonly readings: readonly string[] }
  | {
      readonly from: 'route'
      /** The key of `routes`, as it is written. */
      readonly route: string
      readonly readings: readonly string[]
    }
  | { readonly from: 'requirements' }

interface CheckBase {
  readonly step: DecisionStep
  readonly name: CheckName
  /** What satisfies the check, in words. */
  readonly wanted: string
  /** `undefined` for a check that is the same for all rules. */
  readonly rule: ExplainedRule | undefined
}

interface ReachedCheck extends CheckBase {
  /** What the check found, in words. */
  readonly found: string
  /** How long it took in milliseconds, by `performance.now()`. On Workers, that clock moves with I/O alone. */
  readonly durationMs: number
}

export interface PassedCheck extends ReachedCheck {
  readonly outcome: 'passed'
}

export interface FailedCheck extends ReachedCheck {
  readonly outcome: 'failed'
  /** The reason of the denial, if it is the first check that failed. */
  readonly reason: DenialReason
}

/** It would have said nothing, or nothing that is true, because of a check that failed. */
export interface UnreachedCheck extends CheckBase {
  readonly outcome: 'not-reached'
  /** The check that failed. */
  readonly after: CheckName
}

/** Nothing is required. */
export interface UnaskedCheck extends CheckBase {
  readonly outcome: 'not-asked'
}

/** One check, told apart by its `outcome`. */
export type ExplainedCheck = PassedCheck | FailedCheck | UnreachedCheck | UnaskedCheck

/** A decision that explains itself. Deeply frozen. */
export interface Explanation<Answer extends Decision = Decision> {
  /** What `authorize` or `authorizeToken` decides. An admission has the mandate, with its ids. */
  readonly decision: Answer
  /**
   * Every check, in the order of the guard. The first that failed is the reason of a denial. They contain claims of a
   * verified mandate and the path, and no token, no key and no id that can be revoked.
   */
  readonly checks: readonly ExplainedCheck[]
}
