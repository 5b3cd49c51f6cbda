// Whether a mandate is one for this service, now, from its zone, and of a kind that it can accept (protocol §3).

import type { DenialReason } from '../decision/decision.ts'
import { hasExpired, type Mandate, type MandateUse, type UnjudgedMandate } from '../mandate.ts'
import type { Rule } from './configuration.ts'

/** Steps 2 and 3: the mandate is for this service, now and not for too long, and from its zone. */
export function unmetTerm(
  claims: UnjudgedMandate,
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
 * A mandate that outlives the mark of its revocation would be good again. Its end is held against its own beginning,
 * and against now as well: with a beginning ahead of the clock it would end later than a mark made now.
 */
function livesTooLong({ issuedAt, expiresAt }: UnjudgedMandate, maxSeconds: number, nowMs: number): boolean {
  return expiresAt - issuedAt > maxSeconds || expiresAt * 1000 - nowMs > maxSeconds * 1000
}

const USES: readonly string[] = ['resource', 'session'] satisfies MandateUse[]
/** Addressed to the Gateway, and to be used once, which nobody can check here. */
const GATEWAY_USE = 'gateway'
const SUBJECT_TYPES: readonly string[] = ['user', 'application'] satisfies Mandate['subType'][]

/** Step 4, for every rule alike: its use and subject type are ones that some rule can accept. */
export function isOfKnownKind(claims: UnjudgedMandate): claims is Mandate {
  return USES.includes(claims.use) && SUBJECT_TYPES.includes(claims.subType)
}

/** Why a mandate of another kind is refused. */
export function unknownKind({ use }: UnjudgedMandate): DenialReason {
  return use === GATEWAY_USE ? 'wrong_use' : 'invalid_claims'
}
