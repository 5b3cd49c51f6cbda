// The claims of a test mandate: everything that the STS sends, then what was asked to be different.

/**
 * How a mandate differs from the default one, which is valid: an agent acts for `user-1` through one delegation.
 * Any other name is a claim as the STS writes it (`sub`, `agent_session_id`, …); `undefined` leaves that claim out.
 */
export interface MandateDepartures {
  readonly audience?: string | readonly string[]
  readonly scopes?: readonly string[]
  /** How many delegations lie between subject and agent; `0` leaves out everything about delegation. Default: 1. */
  readonly hops?: number
  /** `false`: no agent acts, and nothing was delegated. */
  readonly agent?: false
  /** `true`: it ended a minute ago. */
  readonly expired?: boolean
  /** How long it lives from now on, in seconds. Default: 900, the longest that the STS allows. */
  readonly lifetimeSeconds?: number
  /**
   * What it is signed with: the `current` key; the one `previous` to the last rotation; a `forged` one under the
   * current key's id; or an `unknown` one under an id of its own. Default: `current`.
   */
  readonly key?: 'current' | 'previous' | 'forged' | 'unknown'
  readonly [claim: string]: unknown
}

interface Origin {
  readonly issuer: string
  readonly zoneId: string
  readonly audience: string
}

const LIFETIME_SECONDS = 900

export function mandateClaims(origin: Origin, departures: MandateDepartures) {
  const { key: _, audience, scopes, hops, agent, expired, lifetimeSeconds, ...claims } = departures
  if (scopes !== undefined && !Array.isArray(scopes)) throw new TypeError('scopes must be a list of strings')
  const resources = typeof audience === 'string' ? [audience] : (audience ?? [origin.audience])
  const now = Math.floor(Date.now() / 1000)
  const lifetime = lifetimeSeconds ?? LIFETIME_SECONDS
  const iat = expired ? now - lifetime - 60 : now
  const sid = `authority-${crypto.randomUUID()}`
  const all = {
    iss: origin.issuer,
    sub: 'user-1',
    aud: resources,
    iat,
    exp: iat + lifetime,
    jti: crypto.randomUUID(),
    zone_id: origin.zoneId,
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

/** An agent session, and the delegations by which its authority came down to it, the subject's application first. */
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
