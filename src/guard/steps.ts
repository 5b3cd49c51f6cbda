// The steps from a bearer token to an admission, in the order of protocol §3. No other place knows this order.

import type { DecisionStep, DenialReason } from '../decision/decision.ts'
import type { Outage } from '../decision/denials.ts'
import { KeySetUnavailableError, RevocationUnavailableError } from '../decision/errors.ts'
import type { Measured } from '../decision/measurements.ts'
import { type Awaitable, isThenable } from '../lib/thenable.ts'
import { isThrown } from '../lib/thrown.ts'
import { hasExpired, type Mandate, type VerifiedClaims } from '../mandate.ts'
import { firstUnmet, type Requirements } from '../requirements.ts'
import { checkRevocation } from '../revocation/check.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { SignatureVerifier, Verification } from '../token/signature-verifier.ts'
import type { Rule } from './configuration.ts'
import { invalidFor, isOfKnownKind, unknownKind } from './validity.ts'

/** A rule, where it is from, and its signature verifier. */
export interface CompiledRule extends Rule {
  /** The key of `routes`, as it is written. `undefined` for the guard's own rule. */
  readonly route: string | undefined
  readonly signatures: SignatureVerifier
}

/** A token on its way through the steps. */
export interface Attempt {
  readonly token: string
  /** The token must meet all of them. There is one, unless the path can be read in several ways. */
  readonly rules: readonly CompiledRule[]
  /** What is required in addition to the rules. */
  readonly more: readonly Requirements[]
  readonly clockToleranceSeconds: number
  readonly storeTimeoutMs: number
  /** `undefined` if nobody listens. */
  readonly measured: Measured
  /** The claims of the token. Set by the signature step. */
  claims: VerifiedClaims | undefined
  /** The same, once its use and subject type are known to be valid. Set by the claims step. */
  mandate: Mandate | undefined
}

/** Why an attempt ends here. */
export interface Finding {
  readonly reason: DenialReason
  readonly outage: Outage | undefined
}

function because(reason: DenialReason, outage?: Outage): Finding {
  return { reason, outage }
}

export interface Step {
  readonly name: AttemptStep
  /** Returns the reason to end the attempt, or `undefined`. Synchronous if nothing has to be awaited. */
  readonly run: (attempt: Attempt, nowMs: number) => Awaitable<Finding | undefined>
}

/** The steps that an attempt takes. Those before it find the rules and the token. */
export type AttemptStep = Exclude<DecisionStep, 'path' | 'credential'>

const STEP: { readonly [Name in AttemptStep]: Step } = {
  signature: { name: 'signature', run: verifySignatures },
  claims: { name: 'claims', run: checkClaims },
  requirements: { name: 'requirements', run: checkRequirements },
  revocation: { name: 'revocation', run: checkRevocations },
  expiry: { name: 'expiry', run: checkExpiry },
}

// The mandate may have expired while the store was asked.
export const STEPS: readonly Step[] = Object.freeze([
  STEP.signature,
  STEP.claims,
  STEP.requirements,
  STEP.revocation,
  STEP.expiry,
])

/** For a mandate that was admitted before. The store is not asked about one that has expired. */
export const RECHECK_STEPS: readonly Step[] = Object.freeze([STEP.expiry, STEP.revocation, STEP.expiry])

/** For a mandate that was kept: all but the signature. */
export const KEPT_STEPS: readonly Step[] = Object.freeze(STEPS.filter(({ name }) => name !== 'signature'))

/** Protocol §3, step 2: the signature, by the keys of each rule. Rules of the same issuer and zones share a verifier. */
function verifySignatures(attempt: Attempt, nowMs: number) {
  const { rules, token, measured } = attempt
  const [rule] = rules
  if (rule === undefined) throw new Error('There is no rule to check.')
  if (rules.length > 1) return verifyAll(attempt, nowMs)
  const verification = rule.signatures.verify(token, nowMs, measured)
  return isThenable(verification)
    ? verification.then((result) => takeClaims(attempt, result), keysUnavailable)
    : takeClaims(attempt, verification)
}

async function verifyAll(attempt: Attempt, nowMs: number): Promise<Finding | undefined> {
  const { token, measured } = attempt
  try {
    for (const verifier of new Set(attempt.rules.map(({ signatures }) => signatures))) {
      const finding = takeClaims(attempt, await verifier.verify(token, nowMs, measured))
      if (finding !== undefined) return finding
    }
    return undefined
  } catch (error) {
    // What one verifier cannot verify does not count as verified by another.
    attempt.claims = undefined
    measured?.unverified()
    return keysUnavailable(error)
  }
}

/** @throws any other error */
function keysUnavailable(error: unknown): Finding {
  if (!isThrown(error, KeySetUnavailableError)) throw error
  const { fault, retryAfterSeconds } = error
  return because('keys_unavailable', { fault, retryAfterSeconds, cause: error, store: undefined })
}

function takeClaims(attempt: Attempt, verification: Verification): Finding | undefined {
  // What one verifier refuses does not count as verified by another.
  attempt.claims = verification.ok ? verification.value : undefined
  if (!verification.ok) attempt.measured?.unverified()
  return verification.ok ? undefined : because(verification.reason)
}

/** Steps 2 to 4: issuer, audience, times, zone, use and subject type. */
function checkClaims(attempt: Attempt, nowMs: number): Finding | undefined {
  const { claims, rules, clockToleranceSeconds } = attempt
  if (claims === undefined) throw new Error('The signature step has not run.')
  for (const rule of rules) {
    const reason = invalidFor(claims, rule, nowMs, clockToleranceSeconds)
    if (reason !== undefined) return because(reason)
  }
  if (!isOfKnownKind(claims)) return because(unknownKind(claims))
  attempt.mandate = claims
  return undefined
}

/** Steps 4 to 6. */
function checkRequirements(attempt: Attempt): Finding | undefined {
  const reason = firstUnmet(mandateIn(attempt), [...attempt.rules, ...attempt.more])
  return reason && because(reason)
}

/** Step 7: asks each store of the rules once. */
function checkRevocations(attempt: Attempt) {
  const [rule] = attempt.rules
  if (attempt.rules.length > 1 || rule === undefined) {
    return checkStores(attempt, new Set(attempt.rules.map(({ revocations }) => revocations)))
  }
  try {
    const { storeTimeoutMs, measured } = attempt
    const answer = checkRevocation(rule.revocations, mandateIn(attempt), storeTimeoutMs, measured)
    return isThenable(answer)
      ? answer.then(findingOf, (error: unknown) => unavailable(rule.revocations, error))
      : findingOf(answer)
  } catch (error) {
    return unavailable(rule.revocations, error)
  }
}

async function checkStores(
  attempt: Attempt,
  stores: ReadonlySet<RevocationStore>,
): Promise<Finding | undefined> {
  const { storeTimeoutMs, measured } = attempt
  for (const store of stores) {
    try {
      const finding = findingOf(await checkRevocation(store, mandateIn(attempt), storeTimeoutMs, measured))
      if (finding !== undefined) return finding
    } catch (error) {
      return unavailable(store, error)
    }
  }
  return undefined
}

function findingOf(reason: DenialReason | undefined): Finding | undefined {
  return reason && because(reason)
}

/** An estimate: it is not known how long the outage of a store will last. */
const STORE_RETRY_AFTER_SECONDS = 5

/** Whatever a store throws, it is not known whether the mandate is revoked. */
function unavailable(store: RevocationStore, cause: unknown): Finding {
  const fault = isThrown(cause, RevocationUnavailableError) ? cause.fault : 'failed'
  const retryAfterSeconds = STORE_RETRY_AFTER_SECONDS
  return because('revocation_unavailable', { fault, retryAfterSeconds, cause, store })
}

/** Step 8. */
export function checkExpiry(attempt: Attempt, nowMs: number): Finding | undefined {
  return hasExpired(mandateIn(attempt), nowMs) ? because('expired') : undefined
}

function mandateIn({ mandate }: Attempt): Mandate {
  if (mandate === undefined) throw new Error('The claims step has not run.')
  return mandate
}
