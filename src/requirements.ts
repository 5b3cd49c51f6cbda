// Whether a verified mandate is good for a rule, in the order of protocol §3; the first failure answers.

import type { DenialReason } from './decision/decision.ts'
import { hasExpired, type Mandate, type MandateUse, type UnjudgedMandate } from './mandate.ts'

/** What is asked of a mandate on top of its being valid: `Requirements`, complete. */
export interface Demands {
  readonly requiredScopes: readonly string[]
  readonly requiredTargets: readonly string[]
  /** `undefined` asks nothing, which only an additional demand may do. */
  readonly requiredUse: MandateUse | undefined
  readonly requireAgent: boolean
  readonly requireDelegation: boolean
  readonly requireChainContains: readonly string[]
  readonly maxHopCount: number
}

/** What a demand asks unless it says otherwise: nothing. */
export const NOTHING_MORE: Demands = Object.freeze({
  requiredScopes: Object.freeze([]),
  requiredTargets: Object.freeze([]),
  requiredUse: undefined,
  requireAgent: false,
  requireDelegation: false,
  requireChainContains: Object.freeze([]),
  maxHopCount: Number.POSITIVE_INFINITY,
})

/** What a mandate must say to be one for this service. */
interface Terms {
  readonly audience: string
  readonly issuer: string
  readonly expectedZoneId: readonly string[]
  readonly maxLifetimeSeconds: number
}

/** Steps 2 and 3: the mandate is for this service, now and not for too long, and from its zone. */
export function unmetTerm(
  mandate: UnjudgedMandate,
  rule: Terms,
  nowMs: number,
  clockToleranceSeconds: number,
): DenialReason | undefined {
  if (mandate.issuer !== rule.issuer) return 'wrong_issuer'
  if (!mandate.audience.includes(rule.audience)) return 'wrong_audience'
  if (hasExpired(mandate, nowMs)) return 'expired'
  const latest = nowMs / 1000 + clockToleranceSeconds
  if (mandate.issuedAt > latest) return 'not_yet_valid'
  if (mandate.notBefore !== undefined && mandate.notBefore > latest) return 'not_yet_valid'
  if (livesTooLong(mandate, rule.maxLifetimeSeconds, nowMs)) return 'lives_too_long'
  if (!rule.expectedZoneId.includes(mandate.zoneId)) return 'invalid_zone'
  return undefined
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
export function isOfKnownKind(mandate: UnjudgedMandate): mandate is Mandate {
  return USES.includes(mandate.use) && SUBJECT_TYPES.includes(mandate.subType)
}

/** Why a mandate of another kind is refused. */
export function unknownKind({ use }: UnjudgedMandate): DenialReason {
  return use === GATEWAY_USE ? 'wrong_use' : 'invalid_claims'
}

/** Steps 4 to 6: its authority suffices. */
export function unmetDemand(mandate: Mandate, demands: Demands): DenialReason | undefined {
  if (demands.requiredUse !== undefined && mandate.use !== demands.requiredUse) return 'wrong_use'
  if (!includesAll(mandate.scopes, demands.requiredScopes)) return 'insufficient_scope'
  if (!includesAll(mandate.targetResources, demands.requiredTargets)) return 'missing_target'
  if (demands.requireAgent && mandate.agentSessionId === undefined) return 'agent_required'
  if (demands.requireDelegation && mandate.delegationEdgeId === undefined) return 'delegation_required'
  if (hopsOf(mandate) > demands.maxHopCount) return 'hop_count_exceeded'
  if (!demands.requireChainContains.every((application) => isInChain(mandate, application)))
    return 'chain_mismatch'
  return undefined
}

/** Each of these claims tells of hops, and each may be absent: the one that tells of the most counts. */
function hopsOf({ hopCount, delegationPath, delegationChain, delegationEdgeId }: Mandate): number {
  const edges = delegationEdgeId === undefined ? 0 : 1
  return Math.max(hopCount, delegationPath.length, delegationChain.length - 1, edges)
}

function includesAll(held: readonly string[], required: readonly string[]): boolean {
  for (const one of required) if (!held.includes(one)) return false
  return true
}

function isInChain({ delegationChain }: Mandate, applicationId: string): boolean {
  return delegationChain.some((link) => link.applicationId === applicationId)
}
