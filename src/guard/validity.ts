// Whether a mandate is valid for this service: issuer, audience, times, zone and kind (protocol §3).

import type { DenialReason } from '../decision/decision.ts'
import { hasExpired, MANDATE_USES, type Mandate, type VerifiedClaims } from '../mandate.ts'
import type { Rule } from './configuration.ts'

/** Steps 2 and 3: issuer, audience, times and zone. */
export function invalidFor(
  claims: VerifiedClaims,
  rule: Rule,
  nowMs: number,
  clockToleranceSeconds: number,
): DenialReason | undefined {
  if (!isIssuer(claims.issuer, rule.issuer)) return 'wrong_issuer'
  if (!claims.audience.includes(rule.audience)) return 'wrong_audience'
  if (hasExpired(claims, nowMs)) return 'expired'
  const latest = nowMs / 1000 + clockToleranceSeconds
  if (claims.issuedAt > latest) return 'not_yet_valid'
  if (claims.notBefore !== undefined && claims.notBefore > latest) return 'not_yet_valid'
  if (livesTooLong(claims, rule.maxLifetimeSeconds, nowMs)) return 'lives_too_long'
  if (!rule.expectedZoneId.includes(claims.zoneId)) return 'invalid_zone'
  return undefined
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
const SUBJECT_TYPES: readonly string[] = ['user', 'application'] satisfies Mandate['subType'][]

/** Step 4, the same for every rule: a known subject type, and a use that some rule can accept. */
export function isOfKnownKind(claims: VerifiedClaims): claims is Mandate {
  return MANDATE_USES.some((use) => use === claims.use) && SUBJECT_TYPES.includes(claims.subType)
}

/** Why a mandate of another kind is refused. */
export function unknownKind({ use }: VerifiedClaims): DenialReason {
  return use === GATEWAY_USE ? 'wrong_use' : 'invalid_claims'
}
