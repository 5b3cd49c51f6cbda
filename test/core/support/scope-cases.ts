// Scopes, targets and uses that a route can require of a mandate, and which mandates meet them.

import type { RequirementGroup } from './requirement-group.ts'

export const SCOPE_GROUPS: readonly RequirementGroup[] = [
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
]
