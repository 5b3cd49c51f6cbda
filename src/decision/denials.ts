// Every denial in one table: reason → code, status and the texts that the client reads.

import type { Denial, DenialReason, InvalidTokenReason } from './decision.ts'
import type { KeySetFault, RevocationFault } from './errors.ts'

type Row<Reason extends DenialReason> = Pick<Denial, 'status' | 'description' | 'hint'> & {
  readonly code: Reason extends InvalidTokenReason ? 'invalid_token' : Reason
}

const INVALID_TOKEN = { code: 'invalid_token', status: 401 } as const

/** One answer for everything before the signature is verified: it tells an attacker nothing about the reason. */
const UNVERIFIED = {
  ...INVALID_TOKEN,
  description: 'The mandate could not be verified.',
  hint: 'Send the mandate exactly as the STS of this zone issued it, or ask the STS for a new one.',
} as const

/** In the order in which the guard checks (protocol §3). */
export const DENIALS: { readonly [Reason in DenialReason]: Row<Reason> } = {
  missing_token: {
    code: 'missing_token',
    status: 401,
    description: 'The request carries no mandate.',
    hint: 'Get a mandate for this resource from the STS and send it as "Authorization: Bearer <mandate>".',
  },
  malformed: UNVERIFIED,
  keys_unavailable: {
    code: 'keys_unavailable',
    status: 503,
    description: 'The keys that verify mandates cannot be fetched at the moment.',
    hint: 'The mandate was not rejected. Keep it and try again after the time in Retry-After.',
  },
  unknown_key: UNVERIFIED,
  bad_signature: UNVERIFIED,
  invalid_claims: {
    ...INVALID_TOKEN,
    description: 'The claims of the token are not those of a mandate.',
    hint: 'Ask the STS for a plain resource mandate: a required claim is missing, a claim has the wrong type, or a cnf claim binds the token to a key.',
  },
  wrong_issuer: {
    ...INVALID_TOKEN,
    description: 'The mandate names another issuer.',
    hint: 'Get the mandate from the STS that this service is configured for.',
  },
  wrong_audience: {
    ...INVALID_TOKEN,
    description: 'The mandate was issued for another resource.',
    hint: 'Ask the STS for a mandate whose audience is this service.',
  },
  expired: {
    ...INVALID_TOKEN,
    description: 'The mandate has expired.',
    hint: 'Ask the STS for a new mandate. Mandates are valid for minutes only.',
  },
  not_yet_valid: {
    ...INVALID_TOKEN,
    description: 'The mandate is not valid yet.',
    hint: 'Wait until it is, or check the clocks: it starts later than clock skew explains.',
  },
  lives_too_long: {
    ...INVALID_TOKEN,
    description: 'The lifetime of the mandate is longer than this service accepts.',
    hint: 'Ask the STS for a mandate with a shorter lifetime.',
  },
  invalid_zone: {
    code: 'invalid_zone',
    status: 401,
    description: 'The mandate belongs to another zone.',
    hint: 'Use a mandate of the zone that this service serves.',
  },
  wrong_use: {
    ...INVALID_TOKEN,
    description: 'The mandate was issued for another use.',
    hint: 'Ask the STS for a mandate with the use that this route accepts, usually "resource".',
  },
  insufficient_scope: {
    code: 'insufficient_scope',
    status: 403,
    description: 'The mandate lacks a scope that this route requires.',
    hint: 'Ask for a mandate with every scope that "scope" lists, in this body and in the WWW-Authenticate header.',
  },
  missing_target: {
    ...INVALID_TOKEN,
    description: 'The mandate does not name a target that this route requires.',
    hint: 'Ask the STS for a mandate with all targets of this route.',
  },
  agent_required: {
    code: 'agent_required',
    status: 403,
    description: 'This route requires an agent session, and the mandate has none.',
    hint: 'Call with a mandate that was issued to an agent session.',
  },
  delegation_required: {
    code: 'delegation_required',
    status: 403,
    description: 'This route requires delegated authority, and the mandate was not delegated.',
    hint: 'Call with a mandate that was issued through a delegation.',
  },
  hop_count_exceeded: {
    code: 'hop_count_exceeded',
    status: 403,
    description: 'The mandate was delegated more often than this route allows.',
    hint: 'Use a mandate with a shorter delegation path.',
  },
  chain_mismatch: {
    code: 'chain_mismatch',
    status: 403,
    description: 'An application that this route requires is not in the delegation chain.',
    hint: 'Have the authority delegated through the application that this route requires.',
  },
  session_revoked: {
    code: 'session_revoked',
    status: 401,
    description: 'The authority behind the mandate has been revoked.',
    hint: 'A new mandate of the same session will be refused too: start a new session.',
  },
  delegation_stale: {
    code: 'delegation_stale',
    status: 401,
    description: 'Delegations in the zone have changed since the mandate was issued.',
    hint: 'Ask the STS for a new mandate. It issues one if the delegation still exists.',
  },
  revocation_unavailable: {
    code: 'revocation_unavailable',
    status: 503,
    description: 'Whether the mandate has been revoked cannot be determined at the moment.',
    hint: 'The mandate was not rejected. Keep it and try again after the time in Retry-After.',
  },
  server_error: {
    code: 'server_error',
    status: 500,
    description: 'This service is not set up to verify mandates.',
    hint: 'The operator finds the reason in the log of the service.',
  },
}

/** What is known about the cause of a 503. */
export interface Outage {
  readonly fault: KeySetFault | RevocationFault
  readonly retryAfterSeconds: number
  /** What was thrown. Its message may quote anything, unless it is an error of this package. */
  readonly cause: unknown
  /** The store that failed; `undefined` for a key set. */
  readonly store: object | undefined
}

/** What a client is told about the service that refuses it, besides the reason. */
interface Advice {
  /** All scopes that the request needed. */
  readonly requiredScopes: readonly string[]
  readonly resourceMetadata: string | undefined
  /** The header that holds the bare mandate, if it is not `Authorization`. */
  readonly credentialHeader: string | undefined
}

const NO_ADVICE: Advice = Object.freeze({
  requiredScopes: Object.freeze([]),
  resourceMetadata: undefined,
  credentialHeader: undefined,
})

/** The complete denial for a reason. */
export function deny(reason: DenialReason, advice: Advice = NO_ADVICE, outage?: Outage): Denial {
  const { code, status, description, hint } = DENIALS[reason]
  const { requiredScopes, resourceMetadata, credentialHeader } = advice
  return Object.freeze({
    outcome: 'deny',
    code,
    status,
    description,
    hint: reason === 'missing_token' && credentialHeader !== undefined ? hintFor(credentialHeader) : hint,
    reason,
    requiredScopes,
    retryAfterSeconds: outage?.retryAfterSeconds,
    fault: outage?.fault,
    ...(resourceMetadata !== undefined && { resourceMetadata }),
  })
}

function hintFor(credentialHeader: string): string {
  return `Get a mandate for this resource from the STS and send it, without a scheme, in the header "${credentialHeader}".`
}
