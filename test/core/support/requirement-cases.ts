// What a route can require of a mandate, and which mandates meet it.

import type { Requirements } from 'caracal-edge'
import type { MandateDepartures } from 'caracal-edge/testing'

export interface RequirementCase {
  readonly title: string
  readonly mandate?: MandateDepartures
  readonly options?: Requirements
  /** Why the mandate is refused, or that it is admitted. */
  readonly reason: string
}

export interface RequirementGroup {
  readonly title: string
  /** The delegation epoch of the zone in the store. Default: 1. */
  readonly zoneEpoch?: number
  readonly cases: readonly RequirementCase[]
}

export const REQUIREMENT_GROUPS: readonly RequirementGroup[] = [
  {
    title: 'scopes',
    cases: [
      { title: 'none required, none held', mandate: { scopes: [] }, reason: 'admitted' },
      { title: 'one of two held', options: { requiredScopes: ['read'] }, reason: 'admitted' },
      {
        title: 'all held, in another order',
        options: { requiredScopes: ['write', 'read'] },
        reason: 'admitted',
      },
      {
        title: 'one of two missing',
        mandate: { claims: { scope: 'read' } },
        options: { requiredScopes: ['read', 'write'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'a longer scope that begins with the required one',
        mandate: { claims: { scope: 'administrator readonly' } },
        options: { requiredScopes: ['admin'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'a shorter scope that the required one begins with',
        mandate: { claims: { scope: 'admin' } },
        options: { requiredScopes: ['admin:all'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'a comma is not a separator',
        mandate: { claims: { scope: 'read,admin' } },
        options: { requiredScopes: ['admin'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'a tab is not a separator',
        mandate: { claims: { scope: 'read\tadmin' } },
        options: { requiredScopes: ['admin'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'a line break is not a separator',
        mandate: { claims: { scope: 'read\nadmin' } },
        options: { requiredScopes: ['admin'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'another case is another scope',
        mandate: { claims: { scope: 'READ' } },
        options: { requiredScopes: ['read'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'spaces before, between and after are not scopes',
        mandate: { claims: { scope: '  admin   read  ' } },
        options: { requiredScopes: ['admin', 'read'] },
        reason: 'admitted',
      },
      {
        title: 'an empty claim contains no scope',
        mandate: { claims: { scope: '' } },
        options: { requiredScopes: ['read'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'an absent claim contains no scope',
        mandate: { scopes: [] },
        options: { requiredScopes: ['read'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'a name of Object.prototype is not a scope of every mandate',
        mandate: { claims: { scope: 'read' } },
        options: { requiredScopes: ['toString'] },
        reason: 'insufficient_scope',
      },
      {
        title: '__proto__ is not a scope of every mandate',
        mandate: { claims: { scope: 'read' } },
        options: { requiredScopes: ['__proto__'] },
        reason: 'insufficient_scope',
      },
      {
        title: 'a name of Object.prototype can be a scope',
        mandate: { claims: { scope: 'toString' } },
        options: { requiredScopes: ['toString'] },
        reason: 'admitted',
      },
    ],
  },
  {
    title: 'targets',
    cases: [
      {
        title: 'all named',
        mandate: { claims: { target: ['resource://a', 'resource://b'] } },
        options: { requiredTargets: ['resource://b', 'resource://a'] },
        reason: 'admitted',
      },
      {
        title: 'one of two missing',
        mandate: { claims: { target: ['resource://a'] } },
        options: { requiredTargets: ['resource://a', 'resource://b'] },
        reason: 'missing_target',
      },
      {
        title: 'the audience is not a target',
        mandate: { claims: { target: ['resource://a'] } },
        options: { requiredTargets: ['resource://api'] },
        reason: 'missing_target',
      },
      {
        title: 'a longer target is not a shorter one',
        mandate: { claims: { target: ['resource://api/x'] } },
        options: { requiredTargets: ['resource://api'] },
        reason: 'missing_target',
      },
      {
        title: 'an empty list names no target',
        mandate: { claims: { target: [] } },
        options: { requiredTargets: ['resource://api'] },
        reason: 'missing_target',
      },
      {
        title: "somebody else's, where none is asked for",
        mandate: { claims: { target: ['x'] } },
        reason: 'admitted',
      },
    ],
  },
  {
    title: 'use',
    cases: [
      { title: 'resource by default', mandate: { claims: { use: 'resource' } }, reason: 'admitted' },
      {
        title: 'no session mandate by default',
        mandate: { claims: { use: 'session' } },
        reason: 'wrong_use',
      },
      {
        title: 'no gateway mandate by default',
        mandate: { claims: { use: 'gateway' } },
        reason: 'wrong_use',
      },
      {
        title: 'a gateway mandate where another use is required',
        mandate: { claims: { use: 'gateway' } },
        options: { requiredUse: 'session' },
        reason: 'wrong_use',
      },
      {
        title: 'the use that is required',
        mandate: { claims: { use: 'session' } },
        options: { requiredUse: 'session' },
        reason: 'admitted',
      },
      {
        title: 'a resource mandate where another use is required',
        options: { requiredUse: 'session' },
        reason: 'wrong_use',
      },
    ],
  },
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
