// The code, status and challenge of every refusal (protocol §4, RFC 6750 §3), restated apart from the guard's own table.

import type { DenialCode } from '../decision/decision.ts'

export const STATUS_OF: { readonly [Code in DenialCode]: 401 | 403 | 500 | 503 } = {
  missing_token: 401,
  invalid_token: 401,
  invalid_zone: 401,
  session_revoked: 401,
  delegation_stale: 401,
  insufficient_scope: 403,
  agent_required: 403,
  delegation_required: 403,
  chain_mismatch: 403,
  hop_count_exceeded: 403,
  keys_unavailable: 503,
  revocation_unavailable: 503,
  server_error: 500,
}

export interface ProtocolAnswer {
  readonly code: string
  readonly status: number
  /** The `error` of the challenge, for which RFC 6750 has fewer codes. `null`: the challenge has none, or there is none. */
  readonly error: string | null
}

export function isDenialCode(code: unknown): code is DenialCode {
  return typeof code === 'string' && Object.hasOwn(STATUS_OF, code)
}

export function answerOf(code: string): ProtocolAnswer {
  if (!isDenialCode(code)) throw new Error(`The protocol has no code ${code}.`)
  const status = STATUS_OF[code]
  return { code, status, error: challengeError(code, status) }
}

function challengeError(code: DenialCode, status: number): string | null {
  if (status === 401 && code !== 'missing_token') return 'invalid_token'
  return code === 'insufficient_scope' ? code : null
}
