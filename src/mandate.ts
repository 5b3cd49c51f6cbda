// The mandate as a handler sees it: the claims of a verified token, under this package's names.

/** One application of a delegation chain (protocol §1, `delegation_chain`). */
export interface DelegationLink {
  readonly applicationId: string
  /** The session of its agent, when an agent acted. */
  readonly agentSessionId: string | undefined
  /** The delegation that it was part of, if there was one. */
  readonly delegationEdgeId: string | undefined
}

/** What a mandate may be used for, of the uses that a resource server can accept (protocol §1, `use`). */
export type MandateUse = 'resource' | 'session'

export const MANDATE_USES: readonly MandateUse[] = ['resource', 'session']

/**
 * A verified mandate: who acts, for whom, through which delegation, on what (protocol §1). Deeply frozen.
 *
 * A claim that the token does not have is `undefined` or an empty list.
 */
export interface Mandate {
  /** Who or what the agent acts for (`sub`). */
  readonly sub: string
  /** Whether `sub` is a person or an application. */
  readonly subType: 'user' | 'application'
  /** The application that holds the mandate. */
  readonly clientId: string
  /** The STS that issued it (`iss`). */
  readonly issuer: string
  /** The resources it was issued for (`aud`). */
  readonly audience: readonly string[]
  /** The zone whose STS issued it. */
  readonly zoneId: string
  /** This mandate's own id, unique in its zone. */
  readonly jti: string
  /** The id of the session (the STS's authority record) behind the mandate. Revoking it ends the mandate. */
  readonly sid: string
  /** The id of the first session in the ancestry of `sid`. */
  readonly rootSid: string
  /** What it may be used for. A route accepts one of them: `requiredUse`. */
  readonly use: MandateUse
  /** The scope claim as it was received; `''` when there is none. */
  readonly scope: string
  /** The distinct scopes in it. */
  readonly scopes: readonly string[]
  /** The resources that it names as targets (`target`). The STS writes the same list as for `aud`. */
  readonly targetResources: readonly string[]
  /** The acting agent's session, when an agent acts. */
  readonly agentSessionId: string | undefined
  /** The id of the last delegation, through which the agent has its authority. */
  readonly delegationEdgeId: string | undefined
  /** The session that delegated the authority (`source_session_id`). */
  readonly sourceSessionId: string | undefined
  /** The session that it was delegated to (`target_session_id`). */
  readonly targetSessionId: string | undefined
  /** Delegation edge ids, first delegation first. */
  readonly delegationPath: readonly string[]
  /** The applications that the authority went through. */
  readonly delegationChain: readonly DelegationLink[]
  /** How many delegations lie between the subject and the agent; 0 when the claim is absent. */
  readonly hopCount: number
  /** The zone's delegation epoch when the mandate was issued, if the mandate has one. */
  readonly graphEpoch: number | undefined
  /** Seconds since 1970. */
  readonly issuedAt: number
  /** Seconds since 1970. */
  readonly notBefore: number | undefined
  /** Seconds since 1970. From that second on, the mandate is refused. */
  readonly expiresAt: number
}

/** The claims of a token that has the form of a mandate, before its `use` and `sub_type` are known to exist. */
export type VerifiedClaims = Omit<Mandate, 'use' | 'subType'> & {
  readonly use: string
  readonly subType: string
}

/** Expiry has no tolerance: the mandate ends at the second in `exp`. */
export function hasExpired({ expiresAt }: Pick<Mandate, 'expiresAt'>, nowMs: number): boolean {
  return expiresAt * 1000 <= nowMs
}
