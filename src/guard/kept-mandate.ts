// A mandate that was kept: one of ours, or what `structuredClone` or JSON made of it. Read as strictly as claims.

import { bare, isObject, isPlainObject, ownMember } from '../lib/own-member.ts'
import { typeOf } from '../lib/type-of.ts'
import type { DelegationLink, Mandate } from '../mandate.ts'
import { readClaims } from '../token/claims.ts'
import { isOfKnownKind } from './validity.ts'

/** Each member's claim. The list of scopes is derived from `scope`. */
const CLAIMS: { readonly [Member in Exclude<keyof Mandate, 'scopes'>]: string } = {
  sub: 'sub',
  subType: 'sub_type',
  clientId: 'client_id',
  issuer: 'iss',
  audience: 'aud',
  zoneId: 'zone_id',
  jti: 'jti',
  sid: 'sid',
  rootSid: 'root_sid',
  use: 'use',
  scope: 'scope',
  targetResources: 'target',
  agentSessionId: 'agent_session_id',
  delegationEdgeId: 'delegation_edge_id',
  sourceSessionId: 'source_session_id',
  targetSessionId: 'target_session_id',
  delegationPath: 'delegation_path',
  delegationChain: 'delegation_chain',
  hopCount: 'hop_count',
  graphEpoch: 'delegation_graph_epoch',
  issuedAt: 'iat',
  notBefore: 'nbf',
  expiresAt: 'exp',
}

const LINK_CLAIMS: { readonly [Member in keyof DelegationLink]: string } = {
  applicationId: 'application_id',
  agentSessionId: 'agent_session_id',
  delegationEdgeId: 'delegation_edge_id',
}

/**
 * The mandate, deeply frozen.
 * @throws {TypeError} if it is anything else
 */
export function keptMandate(kept: unknown): Mandate {
  const mandate = read(kept)
  if (mandate !== undefined) return mandate
  const type = typeOf(kept)
  const hint = type === 'a string' ? ': parse its JSON first, or pass a token to authorizeToken' : ''
  const problem =
    type === 'an object' ? 'but a member of this object is missing, added or changed' : `not ${type}${hint}`
  throw new TypeError(
    `recheck takes a mandate that a guard gave, or what structuredClone or JSON made of it, ${problem}`,
  )
}

function read(kept: unknown): Mandate | undefined {
  try {
    if (!isPlainObject(kept)) return undefined
    const claims = renamed(kept, CLAIMS)
    const chain = ownMember(claims, 'delegation_chain')
    const links = Array.isArray(chain)
      ? chain.map((link: unknown) => (isObject(link) ? renamed(link, LINK_CLAIMS) : link))
      : chain
    const mandate = readClaims(bare({ ...claims, delegation_chain: links }))
    return mandate !== undefined && isOfKnownKind(mandate) && isSame(kept, mandate) ? mandate : undefined
  } catch {
    return undefined
  }
}

function renamed(object: object, names: Readonly<Record<string, string>>): object {
  return bare(
    Object.fromEntries(Object.entries(names).map(([member, claim]) => [claim, ownMember(object, member)])),
  )
}

/** Whether nothing is missing, added or of another form. JSON leaves out members that are `undefined`. */
function isSame(kept: unknown, mandate: unknown): boolean {
  if (!isObject(mandate)) return kept === mandate
  if (!isObject(kept) || Array.isArray(kept) !== Array.isArray(mandate)) return false
  const names = new Set([...Reflect.ownKeys(kept), ...Reflect.ownKeys(mandate)])
  return [...names].every((name) => isSame(ownMember(kept, name), ownMember(mandate, name)))
}
