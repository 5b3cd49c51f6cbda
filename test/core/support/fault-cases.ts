// Every fault of a request, one by one, in the order in which the guard checks.

import type { DenialReason } from 'caracal-edge'
import { answerOf } from '../../support/protocol-answers.ts'
import type { Fault } from './faults.ts'
import { inSeconds } from './values.ts'

/** Does not compile without a case of every reason. */
const CASES: { readonly [Reason in DenialReason]: Omit<Fault, 'reason'> } = {
  server_error: {
    rank: 0,
    answer: answerOf('server_error'),
    url: 'unreadable',
    options: { exclude: ['/open'] }, // Without rules by path, the guard does not read the URL.
  },
  missing_token: {
    rank: 1,
    answer: answerOf('missing_token'),
    authorization: 'Basic dXNlcjpodW50ZXIy',
  },
  malformed: {
    rank: 2,
    answer: answerOf('invalid_token'),
    authorization: 'Bearer hunter2',
  },
  // Before the keys if they are not at hand, as in a new guard.
  invalid_claims: {
    rank: 3,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { jti: 7 } }),
  },
  keys_unavailable: {
    rank: 4,
    answer: answerOf('keys_unavailable'),
    fault: 'network',
    keys: 'failing',
  },
  unknown_key: {
    rank: 5,
    answer: answerOf('invalid_token'),
    mandate: () => ({ key: 'unknown' }),
  },
  bad_signature: {
    rank: 5,
    answer: answerOf('invalid_token'),
    mandate: () => ({ key: 'forged' }),
  },
  wrong_issuer: {
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { iss: 'https://other-sts.test' } }),
  },
  wrong_audience: {
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { aud: ['resource://other'] } }),
  },
  expired: {
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { exp: inSeconds(0) } }),
  },
  not_yet_valid: {
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { nbf: inSeconds(120) } }),
  },
  lives_too_long: {
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { exp: inSeconds(90_000) } }),
  },
  invalid_zone: {
    rank: 7,
    answer: answerOf('invalid_zone'),
    mandate: () => ({ claims: { zone_id: 'zone-2' } }),
  },
  wrong_use: {
    rank: 8,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { use: 'session' } }),
  },
  insufficient_scope: {
    rank: 9,
    answer: answerOf('insufficient_scope'),
    options: { requiredScopes: ['read', 'admin'] },
  },
  missing_target: {
    rank: 10,
    answer: answerOf('invalid_token'),
    options: { requiredTargets: ['resource://other'] },
  },
  agent_required: {
    rank: 11,
    answer: answerOf('agent_required'),
    options: { requireAgent: true },
    mandate: () => ({ claims: { agent_session_id: '' } }),
  },
  delegation_required: {
    rank: 12,
    answer: answerOf('delegation_required'),
    options: { requireDelegation: true },
    mandate: () => ({ claims: { delegation_edge_id: '' } }),
  },
  hop_count_exceeded: {
    rank: 13,
    answer: answerOf('hop_count_exceeded'),
    options: { maxHopCount: 2 },
    mandate: () => ({ claims: { hop_count: 3 } }),
  },
  chain_mismatch: {
    rank: 14,
    answer: answerOf('chain_mismatch'),
    options: { requireChainContains: ['app-elsewhere'] },
  },
  revocation_unavailable: {
    rank: 15,
    answer: answerOf('revocation_unavailable'),
    fault: 'failed',
    store: 'failing',
  },
  session_revoked: {
    rank: 16,
    answer: answerOf('session_revoked'),
    store: 'revoked',
  },
  delegation_stale: {
    rank: 17,
    answer: answerOf('delegation_stale'),
    store: 'newer epoch',
  },
}

export const FAULTS: readonly Fault[] = Object.entries(CASES).map(([reason, fault]) => ({ reason, ...fault }))

/** Without that of a request whose URL cannot be read: nothing that handles a request before the guard passes it on. */
export const PASSED_ON_FAULTS: readonly Fault[] = FAULTS.filter(({ url }) => url === undefined)
