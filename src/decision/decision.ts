// What the guard can decide about a request, as types.

import type { Mandate } from '../mandate.ts'
import type { KeySetFault, RevocationFault } from './errors.ts'

/** Why a token is an `invalid_token`. The first three can be told apart in events only: their answers are the same. */
export type InvalidTokenReason =
  | 'malformed'
  | 'unknown_key'
  | 'bad_signature'
  | 'invalid_claims'
  | 'wrong_issuer'
  | 'wrong_audience'
  | 'expired'
  | 'not_yet_valid'
  | 'lives_too_long'
  | 'wrong_use'
  | 'missing_target'

/** The codes of a refusal (protocol §4). */
export type DenialCode =
  | 'missing_token'
  | 'invalid_token'
  | 'invalid_zone'
  | 'session_revoked'
  | 'delegation_stale'
  | 'insufficient_scope'
  | 'agent_required'
  | 'delegation_required'
  | 'chain_mismatch'
  | 'hop_count_exceeded'
  | 'keys_unavailable'
  | 'revocation_unavailable'
  | 'server_error'

/** Why a request was refused: the code, or for `invalid_token` what is wrong with the token. */
export type DenialReason = Exclude<DenialCode, 'invalid_token'> | InvalidTokenReason

/**
 * The steps of a decision, in their order. The path selects the rules, the credential is the token of the request, and
 * `expiry` is asked once more after the store was asked. What the claims say of times belongs to `claims`.
 */
export type DecisionStep =
  | 'path'
  | 'credential'
  | 'signature'
  | 'claims'
  | 'requirements'
  | 'revocation'
  | 'expiry'

/** A refusal. `denialResponse` makes an HTTP response of it. It contains nothing of the request or the token. */
export interface Denial {
  readonly outcome: 'deny'
  readonly code: DenialCode
  readonly status: 401 | 403 | 500 | 503
  /** What happened, for the client. */
  readonly description: string
  /** What the client can do about it. */
  readonly hint: string
  readonly reason: DenialReason
  /** All scopes that the request needed. */
  readonly requiredScopes: readonly string[]
  /** The option of that name, if it is set: the URL of the metadata that says where mandates come from (RFC 9728). */
  readonly resourceMetadata?: string
  /** With status 503: how long the client should wait. */
  readonly retryAfterSeconds: number | undefined
  /** With status 503: what failed. For events, never for an answer. */
  readonly fault: KeySetFault | RevocationFault | undefined
}

/** The mandate is valid, and sufficient for this request. */
export interface Admission {
  readonly outcome: 'admit'
  readonly mandate: Mandate
}

/** The path is excluded: nothing was verified. */
export interface Skip {
  readonly outcome: 'skip'
}

/** What the guard decided about a request. */
export type Decision = Admission | Denial | Skip

export const SKIP: Skip = Object.freeze({ outcome: 'skip' })
