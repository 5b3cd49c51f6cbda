// The claims of a test mandate: a valid default, and the requested differences.

/**
 * How a mandate differs from the default, a valid mandate with which an agent acts for `user-1` through one delegation.
 * Any other name is a claim (`sub`, `agent_session_id`, …) and its value; `undefined` leaves the claim out.
 */
export interface MandateDepartures {
  readonly audience?: string | readonly string[]
  readonly scopes?: readonly string[]
  /** The number of delegations between subject and agent; `0` leaves out all delegation claims. Default: 1. */
  readonly hops?: number
  /** `false` leaves out all agent and delegation claims. */
  readonly agent?: false
  /** `true` for a mandate that expired a minute ago. */
  readonly expired?: boolean
  /** How long it is valid from now on, in seconds. Default: 900, the longest that the STS allows. */
  readonly lifetimeSeconds?: number
  /**
   * The signing key: the `current` one; the `previous` one, from before the last rotation; a `forged` one with the
   * current key's id; or an `unknown` one with an id of its own. Default: `current`.
   */
  readonly key?: 'current' | 'previous' | 'forged' | 'unknown'
  readonly [claim: string]: unknown
}

interface Issuance {
  readonly issuer: string
  readonly zoneId: string
  readonly audience: string
}

const LIFETIME_SECONDS = 900

export function mandateClaims(from: Issuance, departures: MandateDepartures) {
  const { key: _, audience, scopes, hops, agent, expired, lifetimeSeconds, ...claims } = departures
  if (scopes !== undefined && !Array.isArray(scopes)) throw new TypeError('scopes must be a list of strings')
  const resources = typeof audience === 'string' ? [audience] : (audience ?? [from.audience])
  const now = Math.floor(Date.now() / 1000)
  const lifetime = lifetimeSeconds ?? LIFETIME_SECONDS
  const iat = expired ? now - lifetime - 60 : now
  const sid = `authority-${crypto.randomUUID()}`
  const all = {
    iss: from.issuer,
    sub: 'user-1',
    aud: resources,
    iat,
    exp: iat + lifetime,
    jti: crypto.randomUUID(),
    zone_id: from.zoneId,
    client_id: 'app-1',
    ...(scopes === undefined ? { scope: 'read write' } : scopes.length > 0 && { scope: scopes.join(' ') }),
    sid,
    root_sid: sid,
    use: 'resource',
    sub_type: 'user',
    target: resources,
    ...(agent !== false && agentClaims(hops ?? 1)),
    ...claims,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

/** An agent session, and the delegations through which it got its authority, the subject's application first. */
function agentClaims(hops: number) {
  const agentSessionId = `agent-${crypto.randomUUID()}`
  if (hops === 0) return { agent_session_id: agentSessionId }
  const edges = Array.from({ length: hops }, () => `edge-${crypto.randomUUID()}`)
  const ancestors = edges.map((edge, index) => ({
    application_id: `app-${hops + 1 - index}`,
    agent_session_id: `agent-${crypto.randomUUID()}`,
    delegation_edge_id: edge,
  }))
  return {
    agent_session_id: agentSessionId,
    delegation_edge_id: edges.at(-1),
    source_session_id: ancestors.at(-1)?.agent_session_id,
    target_session_id: agentSessionId,
    delegation_path: edges,
    delegation_chain: [...ancestors, { application_id: 'app-1', agent_session_id: agentSessionId }],
    hop_count: hops,
    delegation_graph_epoch: 1,
  }
}
