// The code, status and challenge of every refusal (protocol §4, RFC 6750 §3), restated once for all tests.

export const STATUS_OF: Readonly<Record<string, number>> = {
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

export function answerOf(code: string): ProtocolAnswer {
  const status = STATUS_OF[code]
  if (status === undefined) throw new Error(`The protocol has no code ${code}.`)
  return { code, status, error: challengeError(code, status) }
}

function challengeError(code: string, status: number): string | null {
  if (status === 401 && code !== 'missing_token') return 'invalid_token'
  return code === 'insufficient_scope' ? code : null
}
