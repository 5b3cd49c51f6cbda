// The steps from a bearer token to an admission, in the order of protocol §3. No other place knows this order.

import type { DenialReason } from '../decision/decision.ts'
import type { Outage } from '../decision/denials.ts'
import { KeySetUnavailableError, RevocationUnavailableError } from '../decision/errors.ts'
import { isThenable } from '../lib/thenable.ts'
import { isThrown } from '../lib/thrown.ts'
import { hasExpired, type Mandate, type UnjudgedMandate } from '../mandate.ts'
import { type Requirements, unmetRequirement } from '../requirements.ts'
import { checkRevocation } from '../revocation/check.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { SignatureVerifier, Verification } from '../token/signature-verifier.ts'
import type { Rule } from './configuration.ts'
import { isOfKnownKind, unknownKind, unmetTerm } from './service-terms.ts'

/** A rule, and what verifies the signatures of its mandates. */
export interface CompiledRule extends Rule {
  readonly signatures: SignatureVerifier
}

/** A token on its way through the steps. */
export interface Attempt {
  readonly token: string
  /** The token must meet every one of them. There is one, unless the path can be read in several ways. */
  readonly rules: readonly CompiledRule[]
  /** What is asked besides the rules. */
  readonly more: readonly Requirements[]
  readonly clockToleranceSeconds: number
  readonly storeTimeoutMs: number
  /** What the token says, from the signature step on. */
  claims: UnjudgedMandate | undefined
  /** The same, once it is known to be of a kind that some rule can accept: from the claims step on. */
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

/** Gives what ends the attempt, or nothing. Without a promise where nothing has to be waited for. */
export interface Step {
  readonly name: 'signature' | 'claims' | 'requirements' | 'revocation' | 'expiry'
  readonly run: (attempt: Attempt, nowMs: number) => Finding | undefined | Promise<Finding | undefined>
}

export const STEPS: readonly Step[] = Object.freeze([
  { name: 'signature', run: verifySignatures },
  { name: 'claims', run: checkClaims },
  { name: 'requirements', run: checkRequirements },
  { name: 'revocation', run: checkRevocations },
  // The waiting may have taken the mandate past its end.
  { name: 'expiry', run: checkExpiry },
])

/** Protocol §3, step 2: the signature, by the keys of each rule. Rules of the same issuer and zones share a verifier. */
function verifySignatures(attempt: Attempt, nowMs: number) {
  const { rules, token } = attempt
  const [rule] = rules
  if (rule === undefined) throw new Error('A request was held to no rule.')
  const first = rule.signatures.verify(token, nowMs)
  return rules.length === 1 && !isThenable(first)
    ? takeClaims(attempt, first)
    : verifyAll(attempt, rule.signatures, first, nowMs)
}

async function verifyAll(
  attempt: Attempt,
  verifier: SignatureVerifier,
  first: Verification | Promise<Verification>,
  nowMs: number,
): Promise<Finding | undefined> {
  try {
    let finding = takeClaims(attempt, await first)
    const asked = new Set([verifier])
    for (const { signatures } of attempt.rules) {
      if (finding !== undefined) break
      if (asked.has(signatures)) continue
      asked.add(signatures)
      finding = takeClaims(attempt, await signatures.verify(attempt.token, nowMs))
    }
    return finding
  } catch (error) {
    if (isThrown(error, KeySetUnavailableError)) return because('keys_unavailable', error)
    throw error
  }
}

function takeClaims(attempt: Attempt, verification: Verification): Finding | undefined {
  if (!verification.ok) return because(verification.reason)
  attempt.claims = verification.value
  return undefined
}

/** Steps 2 to 4: issuer, audience, times, zone, use and subject type. */
function checkClaims(attempt: Attempt, nowMs: number): Finding | undefined {
  const { claims, rules, clockToleranceSeconds } = attempt
  if (claims === undefined) throw new Error('No signature was verified.')
  for (const rule of rules) {
    const reason = unmetTerm(claims, rule, nowMs, clockToleranceSeconds)
    if (reason !== undefined) return because(reason)
  }
  if (!isOfKnownKind(claims)) return because(unknownKind(claims))
  attempt.mandate = claims
  return undefined
}

/** Steps 4 to 6. */
function checkRequirements(attempt: Attempt): Finding | undefined {
  const mandate = mandateIn(attempt)
  for (const requirements of [...attempt.rules, ...attempt.more]) {
    const reason = unmetRequirement(mandate, requirements)
    if (reason !== undefined) return because(reason)
  }
  return undefined
}

/** Step 7, in every store of the rules, once. */
function checkRevocations(attempt: Attempt) {
  const [rule] = attempt.rules
  if (attempt.rules.length > 1 || rule === undefined) {
    return checkStores(attempt, new Set(attempt.rules.map(({ revocations }) => revocations)))
  }
  try {
    const answer = checkRevocation(rule.revocations, mandateIn(attempt), attempt.storeTimeoutMs)
    return isThenable(answer) ? answer.then(findingOf, unavailable) : findingOf(answer)
  } catch (error) {
    return unavailable(error)
  }
}

async function checkStores(
  attempt: Attempt,
  stores: ReadonlySet<RevocationStore>,
): Promise<Finding | undefined> {
  try {
    for (const store of stores) {
      const finding = findingOf(await checkRevocation(store, mandateIn(attempt), attempt.storeTimeoutMs))
      if (finding !== undefined) return finding
    }
    return undefined
  } catch (error) {
    return unavailable(error)
  }
}

function findingOf(reason: DenialReason | undefined): Finding | undefined {
  return reason && because(reason)
}

/** When a store may be asked again. A guess: no store says how long its outage will last. */
const STORE_RETRY_AFTER_SECONDS = 5

/** Whatever a store throws, nobody can say whether the mandate is revoked. */
function unavailable(error: unknown): Finding {
  const fault = isThrown(error, RevocationUnavailableError) ? error.fault : 'failed'
  return because('revocation_unavailable', { fault, retryAfterSeconds: STORE_RETRY_AFTER_SECONDS })
}

/** Step 8. */
function checkExpiry(attempt: Attempt, nowMs: number): Finding | undefined {
  return hasExpired(mandateIn(attempt), nowMs) ? because('expired') : undefined
}

function mandateIn({ mandate }: Attempt): Mandate {
  if (mandate === undefined) throw new Error('No claims were checked.')
  return mandate
}
