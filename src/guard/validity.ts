// Whether a mandate is valid for this service: issuer, audience, times, zone and kind (protocol §3).

import type { DenialReason } from '../decision/decision.ts'
import { hasExpired, MANDATE_USES, type Mandate, type VerifiedClaims } from '../mandate.ts'
import type { Rule } from './configuration.ts'

/** Why the claims are not valid under a rule, or `undefined`. */
type ClaimCheck = (
  claims: VerifiedClaims,
  rule: Rule,
  nowMs: number,
  clockToleranceSeconds: number,
) => DenialReason | undefined

/** Steps 2 and 3, in their order. Each is named for what it checks. */
export const CLAIM_CHECKS = {
  issuer: ({ issuer }, rule) => (isIssuer(issuer, rule.issuer) ? undefined : 'wrong_issuer'),
  audience: ({ audience }, rule) => (audience.includes(rule.audience) ? undefined : 'wrong_audience'),
  expiresAt: (claims, _rule, nowMs) => (hasExpired(claims, nowMs) ? 'expired' : undefined),
  issuedAt: ({ issuedAt }, _rule, nowMs, toleranceSeconds) =>
    isLater(issuedAt, nowMs, toleranceSeconds) ? 'not_yet_valid' : undefined,
  notBefore: ({ notBefore }, _rule, nowMs, toleranceSeconds) =>
    notBefore !== undefined && isLater(notBefore, nowMs, toleranceSeconds) ? 'not_yet_valid' : undefined,
  lifetime: (claims, { maxLifetimeSeconds }, nowMs) =>
    livesTooLong(claims, maxLifetimeSeconds, nowMs) ? 'lives_too_long' : undefined,
  zoneId: ({ zoneId }, { expectedZoneId }) => (expectedZoneId.includes(zoneId) ? undefined : 'invalid_zone'),
} as const satisfies { readonly [name: string]: ClaimCheck }

const IN_ORDER: readonly ClaimCheck[] = Object.values(CLAIM_CHECKS)

/** Steps 2 and 3: the first reason. */
export function invalidFor(
  claims: VerifiedClaims,
  rule: Rule,
  nowMs: number,
  clockToleranceSeconds: number,
): DenialReason | undefined {
  for (const check of IN_ORDER) {
    const reason = check(claims, rule, nowMs, clockToleranceSeconds)
    if (reason !== undefined) return reason
  }
  return undefined
}

function isLater(seconds: number, nowMs: number, toleranceSeconds: number): boolean {
  return seconds > nowMs / 1000 + toleranceSeconds
}

/** Slashes at the end of an issuer mean nothing (protocol §2). The configured one has none. */
function isIssuer(claimed: string, configured: string): boolean {
  if (claimed === configured) return true
  return claimed.startsWith(configured) && /^\/+$/.test(claimed.slice(configured.length))
}

/**
 * A mandate that is valid longer than its revocation is remembered would become valid again. The time from now counts
 * too: a mandate with an `iat` in the future would end later than a mark that is made now.
 */
function livesTooLong({ issuedAt, expiresAt }: VerifiedClaims, maxSeconds: number, nowMs: number): boolean {
  return expiresAt - issuedAt > maxSeconds || expiresAt * 1000 - nowMs > maxSeconds * 1000
}

/** Mandates for the Gateway may be used only once, which cannot be checked here. */
const GATEWAY_USE = 'gateway'
export const SUBJECT_TYPES: readonly string[] = ['user', 'application'] satisfies Mandate['subType'][]

/** Step 4, the same for every rule, in their order: a use that some rule can accept, and a known subject type. */
export const KIND_CHECKS = {
  use: ({ use }) => {
    if (MANDATE_USES.some((known) => known === use)) return undefined
    return use === GATEWAY_USE ? 'wrong_use' : 'invalid_claims'
  },
  subType: ({ subType }) => (SUBJECT_TYPES.includes(subType) ? undefined : 'invalid_claims'),
} as const satisfies { readonly [name: string]: (claims: VerifiedClaims) => DenialReason | undefined }

export function isOfKnownKind(claims: VerifiedClaims): claims is Mandate {
  return KIND_CHECKS.use(claims) === undefined && KIND_CHECKS.subType(claims) === undefined
}

/** Why a mandate of another kind is refused. */
export function unknownKind(claims: VerifiedClaims): DenialReason {
  return KIND_CHECKS.use(claims) ?? 'invalid_claims'
}
