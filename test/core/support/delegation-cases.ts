// What a route can require of the agent and the delegation of a mandate, and which mandates meet it.

import type { RequirementGroup } from './requirement-group.ts'

export const DELEGATION_GROUPS: readonly RequirementGroup[] = [
  {
    title: 'agent',
    cases: [
      { title: 'no agent, none required', mandate: { agent: false }, reason: 'admitted' },
      {
        title: 'an agent without any delegation',
        mandate: { hops: 0 },
        options: { requireAgent: true },
        reason: 'admitted',
      },
      {
        title: 'no agent',
        mandate: { agent: false },
        options: { requireAgent: true },
        reason: 'agent_required',
      },
      {
        title: 'an empty id is not an agent',
        mandate: { claims: { agent_session_id: '' } },
        options: { requireAgent: true },
        reason: 'agent_required',
      },
      {
        title: 'an agent of the delegation is not the acting one',
        mandate: { claims: { agent_session_id: null } },
        options: { requireAgent: true },
        reason: 'agent_required',
      },
    ],
  },
  {
    title: 'delegation',
    cases: [
      { title: 'one delegation', options: { requireDelegation: true }, reason: 'admitted' },
      {
        title: 'an agent without a delegation',
        mandate: { hops: 0 },
        options: { requireDelegation: true },
        reason: 'delegation_required',
      },
      {
        title: 'a path and a chain, but no edge',
        mandate: { claims: { delegation_edge_id: '' } },
        options: { requireDelegation: true },
        reason: 'delegation_required',
      },
    ],
  },
  {
    title: 'hop count',
    cases: [
      { title: '10 are let in by default', mandate: { hops: 10 }, reason: 'admitted' },
      { title: '11 are too many by default', mandate: { hops: 11 }, reason: 'hop_count_exceeded' },
      {
        title: '11 where 11 are allowed',
        mandate: { hops: 11 },
        options: { maxHopCount: 11 },
        reason: 'admitted',
      },
      {
        title: 'none where none is allowed',
        mandate: { hops: 0 },
        options: { maxHopCount: 0 },
        reason: 'admitted',
      },
      {
        title: 'one where none is allowed',
        mandate: { hops: 1 },
        options: { maxHopCount: 0 },
        reason: 'hop_count_exceeded',
      },
      {
        title: 'only the count, without a path',
        mandate: { hops: 0, claims: { hop_count: 2 } },
        options: { maxHopCount: 1 },
        reason: 'hop_count_exceeded',
      },
      {
        title: 'only the path, without a count',
        mandate: { hops: 0, claims: { delegation_path: ['edge-1', 'edge-2'] } },
        options: { maxHopCount: 1 },
        reason: 'hop_count_exceeded',
      },
      {
        title: 'a count that is smaller than the path',
        mandate: { hops: 2, claims: { hop_count: 1 } },
        options: { maxHopCount: 1 },
        reason: 'hop_count_exceeded',
      },
      {
        title: 'only the edge, which is one hop',
        mandate: { hops: 0, claims: { delegation_edge_id: 'edge-1' } },
        options: { maxHopCount: 0 },
        reason: 'hop_count_exceeded',
      },
      {
        title: 'only the edge, where one hop is allowed',
        mandate: { hops: 0, claims: { delegation_edge_id: 'edge-1' } },
        options: { maxHopCount: 1 },
        reason: 'admitted',
      },
      {
        title: 'only the chain: the hops end at its last application',
        mandate: {
          hops: 0,
          claims: {
            delegation_chain: [{ application_id: 'a' }, { application_id: 'b' }, { application_id: 'c' }],
          },
        },
        options: { maxHopCount: 1 },
        reason: 'hop_count_exceeded',
      },
      {
        title: 'only the chain, with as many hops as are allowed',
        mandate: {
          hops: 0,
          claims: {
            delegation_chain: [{ application_id: 'a' }, { application_id: 'b' }, { application_id: 'c' }],
          },
        },
        options: { maxHopCount: 2 },
        reason: 'admitted',
      },
      {
        title: 'a chain of one application is not a hop',
        mandate: { hops: 0, claims: { delegation_chain: [{ application_id: 'a' }] } },
        options: { maxHopCount: 0 },
        reason: 'admitted',
      },
    ],
  },
  {
    title: 'chain',
    cases: [
      {
        title: 'the first application of the chain',
        mandate: { hops: 2 },
        options: { requireChainContains: ['app-3'] },
        reason: 'admitted',
      },
      {
        title: 'all of several',
        mandate: { hops: 2 },
        options: { requireChainContains: ['app-2', 'app-3'] },
        reason: 'admitted',
      },
      {
        title: 'one of several missing',
        mandate: { hops: 2 },
        options: { requireChainContains: ['app-2', 'app-4'] },
        reason: 'chain_mismatch',
      },
      {
        title: 'no chain at all',
        mandate: { hops: 0 },
        options: { requireChainContains: ['app-1'] },
        reason: 'chain_mismatch',
      },
      {
        title: 'the client is not part of the chain unless it is named there',
        mandate: { claims: { client_id: 'app-parent' } },
        options: { requireChainContains: ['app-parent'] },
        reason: 'chain_mismatch',
      },
      {
        title: 'ids of agents and edges are not applications',
        mandate: {
          claims: {
            delegation_chain: [
              { application_id: 'app-2', agent_session_id: 'app-9', delegation_edge_id: 'app-9' },
            ],
          },
        },
        options: { requireChainContains: ['app-9'] },
        reason: 'chain_mismatch',
      },
      {
        title: 'a part of an id is not the id',
        mandate: { claims: { delegation_chain: [{ application_id: 'app-22' }] } },
        options: { requireChainContains: ['app-2'] },
        reason: 'chain_mismatch',
      },
    ],
  },
]
