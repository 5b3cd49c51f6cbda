// The mandate as a handler sees it: what a verified token says, under names of its own.

/** One application of a delegation chain (protocol §1, `delegation_chain`). */
export interface DelegationLink {
  readonly applicationId: string
  readonly agentSessionId: string | undefined
  readonly delegationEdgeId: string | undefined
}

/** What a mandate that is good for a resource server may be used for (protocol §1, `use`). */
export type MandateUse = 'resource' | 'session'

/**
 * A verified mandate: who acts, for whom, through which delegation, on what (protocol §1). Deeply frozen.
 *
 * `undefined` and empty lists stand for claims that the token does not carry.
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
  readonly zoneId: string
  /** This mandate's own id, unique in its zone. */
  readonly jti: string
  /** The authority record behind the mandate, the first thing that can be revoked. */
  readonly sid: string
  /** The first record of its ancestry. */
  readonly rootSid: string
  readonly use: MandateUse
  /** The scope claim as it came; `''` when there is none. */
  readonly scope: string
  /** The distinct scopes in it. */
  readonly scopes: readonly string[]
  readonly targetResources: readonly string[]
  /** The acting agent's session, when an agent acts. */
  readonly agentSessionId: string | undefined
  readonly delegationEdgeId: string | undefined
  readonly sourceSessionId: string | undefined
  readonly targetSessionId: string | undefined
  /** Delegation edge ids, first delegation first. */
  readonly delegationPath: readonly string[]
  readonly delegationChain: readonly DelegationLink[]
  /** How many delegations lie between the subject and the agent; 0 when the claim is absent. */
  readonly hopCount: number
  /** The zone's delegation epoch when the mandate was issued, if it says one. */
  readonly graphEpoch: number | undefined
  /** Seconds since 1970. */
  readonly issuedAt: number
  /** Seconds since 1970. */
  readonly notBefore: number | undefined
  /** Seconds since 1970; from that second on the mandate is refused. */
  readonly expiresAt: number
}

/** What a token with a good signature says, before it is known that its `use` and `sub_type` exist. */
export type UnjudgedMandate = Omit<Mandate, 'use' | 'subType'> & {
  readonly use: string
  readonly subType: string
}

/** Expiry has no tolerance: at the second it names, the mandate is over. */
export function hasExpired({ expiresAt }: Pick<Mandate, 'expiresAt'>, nowMs: number): boolean {
  return expiresAt * 1000 <= nowMs
}
