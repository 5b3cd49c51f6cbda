// A decision with what it is based on. It is one in any case: an unexpected error refuses, too.

import type { Decision, DecisionStep, Denial, DenialReason } from '../decision/decision.ts'
import { deny, type Outage } from '../decision/denials.ts'
import { type Measured, Measurements } from '../decision/measurements.ts'
import { type Awaitable, isThenable } from '../lib/thenable.ts'
import { isInterruption } from '../lib/thrown.ts'
import type { Requirements } from '../requirements.ts'
import type { Compiled } from './compile.ts'
import type { GroundedDecision, Rules } from './request-guard.ts'
import { unexpectedError } from './unexpected-error.ts'

export type Deciding<Answer extends Decision> = Awaitable<GroundedDecision<Answer>>

export const NO_RULES: Rules = Object.freeze([])

/** A decision that is based on no claims. */
export function withoutClaims<Answer extends Decision>(
  decision: Answer,
  step: DecisionStep | undefined,
  rules: Rules,
  measured: Measured,
): GroundedDecision<Answer> {
  return { decision, step, rules, measured, claims: undefined, outage: undefined }
}

/** Throws, or rejects, only if Next.js ends a prerender. */
export function grounded<Answer extends Decision>(
  compiled: Compiled,
  decide: (measured: Measured) => Deciding<Answer>,
): Deciding<Answer | Denial> {
  let measured: Measured
  try {
    measured = compiled.onDecision && new Measurements()
    const deciding = decide(measured)
    return isThenable(deciding)
      ? deciding.then(undefined, (error) => refused(error, compiled, measured))
      : deciding
  } catch (error) {
    return refused(error, compiled, measured)
  }
}

function refused(error: unknown, compiled: Compiled, measured: Measured): GroundedDecision<Denial> {
  if (isInterruption(error)) throw error
  return withoutClaims(unexpectedError(error, compiled), undefined, NO_RULES, measured)
}

/** @param requirements all that apply, for the scopes that the answer names */
export function denialBy(
  { resourceMetadata, credentialHeader }: Compiled,
  requirements: readonly Requirements[],
  reason: DenialReason,
  outage: Outage | undefined,
): Denial {
  const scopes = new Set(requirements.flatMap(({ requiredScopes }) => requiredScopes ?? []))
  const requiredScopes = Object.freeze([...scopes])
  return deny(reason, { requiredScopes, resourceMetadata, credentialHeader }, outage)
}
