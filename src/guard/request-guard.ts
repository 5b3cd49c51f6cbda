// What adapters and authorities use of a guard, as types.

import type { Admission, Decision, Denial } from '../decision/decision.ts'
import type { Grounds, Refusal } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import type { Awaitable } from '../lib/thenable.ts'
import type { Mandate } from '../mandate.ts'
import type { RoutedPath } from '../request/derived-readings.ts'
import type { Requirements } from '../requirements.ts'
import type { CompiledRule } from './steps.ts'

/** What adapters use of a guard. */
export interface RequestGuard {
  /**
   * Throws, or rejects, only if Next.js ends a prerender.
   * @param routed if a router has read the path already: then both its reading and the original path count
   * @param stands whether the decision, once it is made, is still this guard's. If not, there is no event.
   */
  decide(request: Request, routed?: RoutedPath, stands?: () => boolean): Awaitable<DecisionByRules>
  /**
   * Checks further requirements for a request that was admitted. A denial for scopes names those of all of them.
   * @returns the denial, or `undefined` if the mandate meets the requirements
   */
  holdTo(
    requirements: readonly Requirements[],
    mandate: Mandate,
    rules: Rules,
    request: Request,
  ): Denial | undefined
  /** Whether the mandate of a request that was admitted is still valid. There is no event until it is reported. */
  recheck(mandate: Mandate, rules: Rules): Promise<Recheck>
  /** The denial of a mandate that has expired, or `undefined`. */
  expiry(mandate: Mandate, rules: Rules): GroundedDecision<Denial> | undefined
  /** Tells `onDecision`. */
  report(recheck: Recheck, request: Request): void
  /** Tells `onDecision` of a refusal that an adapter has decided on. `mandate` and rules are those that had admitted it. */
  refuse(
    refusal: Refusal,
    step: Grounds['step'],
    mandate: Mandate | undefined,
    rules: Rules,
    request: Request,
  ): void
  warmup(): Promise<void>
  readonly websocketDenial: WebSocketDenial | undefined
}

export type Rules = readonly CompiledRule[]

/** A decision, and the rules by which it was made: none if the path is excluded. */
export interface DecisionByRules {
  readonly decision: Decision
  readonly rules: Rules
}

/** A decision, and what it is based on. */
export interface GroundedDecision<Answer extends Decision> extends Grounds {
  readonly decision: Answer
}

/** The decision about a mandate that was admitted before. */
export type Recheck = GroundedDecision<Admission | Denial>
