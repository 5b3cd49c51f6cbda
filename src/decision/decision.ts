// Every answer the guard can give: codes, statuses and the texts that the other end reads, in one table.

import type { Mandate } from '../mandate.ts'
import type { KeySetFault, RevocationFault } from './errors.ts'

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

/** Why a token is an `invalid_token`. The first three are told apart in events only, never in an answer. */
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

/** Why a request was refused: the code, or for `invalid_token` what it was about the token. */
export type DenialReason = Exclude<DenialCode, 'invalid_token'> | InvalidTokenReason

/** A refusal, ready to be rendered by `denialResponse`. Holds nothing of the request or the token. */
export interface Denial {
  readonly outcome: 'deny'
  readonly code: DenialCode
  readonly status: 401 | 403 | 500 | 503
  /** What happened, for the person at the other end. */
  readonly description: string
  /** What to do about it. */
  readonly hint: string
  readonly reason: DenialReason
  /** All scopes that the request needed. */
  readonly requiredScopes: readonly string[]
  /** With status 503: when to come back. */
  readonly retryAfterSeconds: number | undefined
  /** With status 503: what failed. For events, never for an answer. */
  readonly fault: KeySetFault | RevocationFault | undefined
}

/** What the guard decided about a request. */
export type Decision = Admission | Denial | Skip

/** The mandate is good for this request. */
export interface Admission {
  readonly outcome: 'admit'
  readonly mandate: Mandate
}

/** The path is excluded: nothing was verified. */
export interface Skip {
  readonly outcome: 'skip'
}

/** A decision as `onDecision` is told of it. Holds no token, key or anchor id. */
export type DecisionEvent =
  | {
      readonly outcome: 'admit'
      readonly sub: string
      readonly clientId: string
      readonly zoneId: string
      readonly jti: string
    }
  | Pick<Denial, 'outcome' | 'code' | 'status' | 'reason' | 'fault'>
  | Skip

/** `skip` has nothing to say but itself. */
export const SKIP: Skip = Object.freeze({ outcome: 'skip' })

interface Text {
  readonly description: string
  readonly hint: string
}

interface Row extends Text {
  readonly status: Denial['status']
}

const ROWS: Record<Exclude<DenialCode, 'invalid_token'>, Row> = {
  missing_token: {
    status: 401,
    description: 'The request carries no mandate.',
    hint: 'Get a mandate for this resource from the STS and send it as "Authorization: Bearer <mandate>".',
  },
  invalid_zone: {
    status: 401,
    description: 'The mandate belongs to another zone.',
    hint: 'Use a mandate of the zone that this service serves.',
  },
  session_revoked: {
    status: 401,
    description: 'The authority behind the mandate has been revoked.',
    hint: 'A new mandate under the same authority will be refused too: start a new session.',
  },
  delegation_stale: {
    status: 401,
    description: 'Delegations in the zone have changed since the mandate was issued.',
    hint: 'Ask the STS for a new mandate; it is issued again if the delegation still stands.',
  },
  insufficient_scope: {
    status: 403,
    description: 'The mandate lacks a scope that this route requires.',
    hint: 'Ask for a mandate with every scope in the challenge of this answer.',
  },
  agent_required: {
    status: 403,
    description: 'This route is for agents, and no agent session acts in the mandate.',
    hint: 'Call with a mandate that was issued to an agent session.',
  },
  delegation_required: {
    status: 403,
    description: 'This route asks for delegated authority, and the mandate was not delegated.',
    hint: 'Call with a mandate that was issued through a delegation.',
  },
  chain_mismatch: {
    status: 403,
    description: 'An application that must be part of the delegation chain is not.',
    hint: 'Have the authority delegated through the application that this route expects.',
  },
  hop_count_exceeded: {
    status: 403,
    description: 'The mandate was delegated more often than this route allows.',
    hint: 'Use a mandate with a shorter delegation path.',
  },
  keys_unavailable: {
    status: 503,
    description: 'The keys to verify mandates with are out of reach.',
    hint: 'The mandate was not judged. Keep it and try again after the time in Retry-After.',
  },
  revocation_unavailable: {
    status: 503,
    description: 'Whether the mandate has been revoked cannot be found out now.',
    hint: 'The mandate was not refused. Keep it and try again after the time in Retry-After.',
  },
  server_error: {
    status: 500,
    description: 'This service is not set up to verify mandates.',
    hint: 'Its operator finds the reason in the log of the service.',
  },
}

/** Before the signature holds, a stranger learns no more than that it does not. */
const UNVERIFIED: Text = {
  description: 'The mandate could not be verified.',
  hint: 'Send the mandate exactly as the STS of this zone issued it, or ask the STS for a new one.',
}

/** All of them are `invalid_token`, 401. */
const INVALID_TOKEN: Record<InvalidTokenReason, Text> = {
  malformed: UNVERIFIED,
  unknown_key: UNVERIFIED,
  bad_signature: UNVERIFIED,
  invalid_claims: {
    description: 'The token is signed by the zone but is no mandate.',
    hint: 'Ask the STS for a plain resource mandate: a required claim is missing, a claim has another type, or a cnf claim binds it to a key.',
  },
  wrong_issuer: {
    description: 'The mandate names another issuer.',
    hint: 'Get the mandate from the STS that this service is set up for.',
  },
  wrong_audience: {
    description: 'The mandate was issued for another resource.',
    hint: 'Ask the STS for a mandate whose audience is this service.',
  },
  expired: {
    description: 'The mandate has expired.',
    hint: 'Ask the STS for a new mandate; they live for minutes.',
  },
  not_yet_valid: {
    description: 'The mandate is not valid yet.',
    hint: 'Wait until it is, or check the clocks: it lies further ahead than clock skew explains.',
  },
  lives_too_long: {
    description: 'The mandate lives longer than this service accepts.',
    hint: 'Ask the STS for a mandate with a shorter life.',
  },
  wrong_use: {
    description: 'The mandate is meant for another use.',
    hint: 'Ask the STS for a mandate of the use that this route accepts, usually "resource".',
  },
  missing_target: {
    description: 'The mandate does not name a target that this route requires.',
    hint: 'Ask the STS for a mandate with all targets of this route.',
  },
}

function isInvalidToken(reason: DenialReason): reason is InvalidTokenReason {
  return Object.hasOwn(INVALID_TOKEN, reason)
}

function answerFor(reason: DenialReason): Row & { readonly code: DenialCode } {
  return isInvalidToken(reason)
    ? { code: 'invalid_token', status: 401, ...INVALID_TOKEN[reason] }
    : { code: reason, ...ROWS[reason] }
}

/** What a 503 knows about its cause. */
export interface Outage {
  readonly fault: KeySetFault | RevocationFault
  readonly retryAfterSeconds: number
}

/** The whole refusal for a reason. */
export function deny(reason: DenialReason, requiredScopes: readonly string[], outage?: Outage): Denial {
  const { code, status, description, hint } = answerFor(reason)
  return Object.freeze({
    outcome: 'deny',
    code,
    status,
    description,
    hint,
    reason,
    requiredScopes,
    retryAfterSeconds: outage?.retryAfterSeconds,
    fault: outage?.fault,
  })
}
