// The claims of a test mandate: a valid default, and the requested differences.

import { type Check, flag, listOf, oneOf, reportTo, wholeNumber } from '../lib/checks.ts'
import { MANDATE_LIFE_MS } from '../lib/limits.ts'
import { isPlainObject } from '../lib/own-member.ts'
import { objectOf } from '../lib/read-options.ts'
import { typeOf } from '../lib/type-of.ts'

/** How a mandate differs from the default, a valid mandate with which an agent acts for `user-1` through one delegation. */
export interface MandateDepartures {
  /** The resources that it is for: `aud` and `target`. Default: the `audience` of the issuer. */
  readonly audience?: string | readonly string[]
  /** Default: `read` and `write`. */
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
  /** Claims as they are in the token (`sub`, `agent_session_id`, …) and their values; `undefined` leaves one out. */
  readonly claims?: { readonly [claim: string]: unknown }
}

const textOrTexts: Check<string | readonly string[]> = (value, report) =>
  typeof value === 'string' ? value : listOf(anyText)(value, report)

const anyText: Check<string> = (value, report) => {
  if (typeof value === 'string') return value
  report(`must be a string, not ${typeOf(value)}`)
  return undefined
}

const noAgent: Check<false> = (value, report) => {
  if (value === false) return value
  report(`can only be false, which leaves out all agent and delegation claims, not ${typeOf(value)}`)
  return undefined
}

const claims: Check<{ readonly [claim: string]: unknown }> = (value, report) => {
  if (isPlainObject(value)) return { ...value }
  report(`must be an object of claims, not ${typeOf(value)}`)
  return undefined
}

const DEPARTURES: {
  readonly [Name in keyof MandateDepartures]-?: Check<Exclude<MandateDepartures[Name], undefined>>
} = {
  audience: textOrTexts,
  scopes: listOf(anyText),
  hops: wholeNumber(0, 'a whole number, 0 or more'),
  agent: noAgent,
  expired: flag,
  lifetimeSeconds: wholeNumber(0, 'a whole number of seconds, 0 or more'),
  key: oneOf('current', 'previous', 'forged', 'unknown'),
  claims,
}

/** @throws {TypeError} naming every mistake, such as a claim that is not under `claims` */
export function readDepartures(given: unknown): MandateDepartures {
  const issues: string[] = []
  const read = objectOf(DEPARTURES)(given, reportTo(issues, 'mint'))
  if (read !== undefined && issues.length === 0) return read
  const sentences = issues.map((issue) => (issue.endsWith('?') ? issue : `${issue}.`))
  throw new TypeError([...sentences, "Claims go under claims: mint({ claims: { sub: 'user-2' } })"].join(' '))
}

interface Issuance {
  readonly issuer: string
  readonly zoneId: string
  readonly audience: string
}

export function mandateClaims(from: Issuance, departures: MandateDepartures) {
  const { audience, scopes, hops, agent, expired, lifetimeSeconds, claims } = departures
  const resources = typeof audience === 'string' ? [audience] : (audience ?? [from.audience])
  const now = Math.floor(Date.now() / 1000)
  const lifetime = lifetimeSeconds ?? MANDATE_LIFE_MS / 1000
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
