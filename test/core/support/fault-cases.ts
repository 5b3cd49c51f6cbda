// Every fault of a request, one by one, in the order in which the guard checks.

import { answerOf } from '../../support/protocol-answers.ts'
import type { Fault } from './faults.ts'
import { inSeconds } from './values.ts'

export const FAULTS: readonly Fault[] = [
  {
    reason: 'missing_token',
    rank: 1,
    answer: answerOf('missing_token'),
    authorization: 'Basic dXNlcjpodW50ZXIy',
  },
  {
    reason: 'malformed',
    rank: 2,
    answer: answerOf('invalid_token'),
    authorization: 'Bearer hunter2',
  },
  // Before the keys if they are not at hand, as in a new guard.
  {
    reason: 'invalid_claims',
    rank: 3,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { jti: 7 } }),
  },
  {
    reason: 'keys_unavailable',
    rank: 4,
    answer: answerOf('keys_unavailable'),
    fault: 'network',
    keys: 'failing',
  },
  {
    reason: 'unknown_key',
    rank: 5,
    answer: answerOf('invalid_token'),
    mandate: () => ({ key: 'unknown' }),
  },
  {
    reason: 'bad_signature',
    rank: 5,
    answer: answerOf('invalid_token'),
    mandate: () => ({ key: 'forged' }),
  },
  {
    reason: 'wrong_issuer',
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { iss: 'https://other-sts.test' } }),
  },
  {
    reason: 'wrong_audience',
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { aud: ['resource://other'] } }),
  },
  {
    reason: 'expired',
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { exp: inSeconds(0) } }),
  },
  {
    reason: 'not_yet_valid',
    rank: 6,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { nbf: inSeconds(61) } }),
  },
  {
    reason: 'invalid_zone',
    rank: 7,
    answer: answerOf('invalid_zone'),
    mandate: () => ({ claims: { zone_id: 'zone-2' } }),
  },
  {
    reason: 'wrong_use',
    rank: 8,
    answer: answerOf('invalid_token'),
    mandate: () => ({ claims: { use: 'session' } }),
  },
  {
    reason: 'insufficient_scope',
    rank: 9,
    answer: answerOf('insufficient_scope'),
    options: { requiredScopes: ['read', 'admin'] },
  },
  {
    reason: 'missing_target',
    rank: 10,
    answer: answerOf('invalid_token'),
    options: { requiredTargets: ['resource://other'] },
  },
  {
    reason: 'agent_required',
    rank: 11,
    answer: answerOf('agent_required'),
    options: { requireAgent: true },
    mandate: () => ({ claims: { agent_session_id: '' } }),
  },
  {
    reason: 'delegation_required',
    rank: 12,
    answer: answerOf('delegation_required'),
    options: { requireDelegation: true },
    mandate: () => ({ claims: { delegation_edge_id: '' } }),
  },
  {
    reason: 'hop_count_exceeded',
    rank: 13,
    answer: answerOf('hop_count_exceeded'),
    options: { maxHopCount: 2 },
    mandate: () => ({ claims: { hop_count: 3 } }),
  },
  {
    reason: 'chain_mismatch',
    rank: 14,
    answer: answerOf('chain_mismatch'),
    options: { requireChainContains: ['app-elsewhere'] },
  },
  {
    reason: 'revocation_unavailable',
    rank: 15,
    answer: answerOf('revocation_unavailable'),
    fault: 'failed',
    store: 'failing',
  },
  {
    reason: 'session_revoked',
    rank: 16,
    answer: answerOf('session_revoked'),
    store: 'revoked',
  },
  {
    reason: 'delegation_stale',
    rank: 17,
    answer: answerOf('delegation_stale'),
    store: 'newer epoch',
  },
]
