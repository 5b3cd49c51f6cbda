// Which mandates are refused for what a store has marked.

import type { RequirementGroup } from './requirement-group.ts'

export const REVOCATION_GROUPS: readonly RequirementGroup[] = [
  {
    title: "delegation epoch, the zone's being 8",
    zoneEpoch: 8,
    cases: [
      { title: 'older', mandate: { claims: { delegation_graph_epoch: 7 } }, reason: 'delegation_stale' },
      { title: 'the same', mandate: { claims: { delegation_graph_epoch: 8 } }, reason: 'admitted' },
      { title: 'newer', mandate: { claims: { delegation_graph_epoch: 9 } }, reason: 'admitted' },
      {
        title: '0 is an epoch',
        mandate: { claims: { delegation_graph_epoch: 0 } },
        reason: 'delegation_stale',
      },
      {
        title: 'none is not compared',
        mandate: { claims: { delegation_graph_epoch: null } },
        reason: 'admitted',
      },
    ],
  },
  {
    title: 'anchors',
    cases: [
      { title: 'its own record', mandate: { claims: { sid: 'revoked-1' } }, reason: 'session_revoked' },
      {
        title: 'its first record',
        mandate: { claims: { root_sid: 'revoked-1' } },
        reason: 'session_revoked',
      },
      {
        title: 'its agent session',
        mandate: { claims: { agent_session_id: 'revoked-1' } },
        reason: 'session_revoked',
      },
      {
        title: 'its last edge',
        mandate: { claims: { delegation_edge_id: 'revoked-1' } },
        reason: 'session_revoked',
      },
      {
        title: 'no other claim',
        mandate: { claims: { jti: 'revoked-1', sub: 'revoked-1' } },
        reason: 'admitted',
      },
    ],
  },
]
