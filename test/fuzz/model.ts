// The protocol for one request, restated simply and without code of the package: which answers are right.

import type { DenialCode } from 'caracal-edge'
import { areSound, claimOf, listOf, textOf } from './model-claims.ts'
import { keyIn } from './model-keys.ts'
import { asObject, isSignedBy, type Members, partsOf } from './model-token.ts'

/** The rule of the path of the request. */
export interface Rule {
  readonly issuer: string
  readonly zones: readonly string[]
  readonly audience: string
  readonly use: string
  readonly scopes: readonly string[]
  readonly targets: readonly string[]
  readonly agent: boolean
  readonly delegation: boolean
  readonly chain: readonly string[]
  readonly maxHops: number
  readonly maxLifetimeSeconds: number
}

/** Everything that the answer depends on. */
export interface Situation {
  readonly authorization: string | null
  readonly rule: Rule
  readonly toleranceSeconds: number
  /** The key set that the issuer serves for a zone; `undefined` where it does not. */
  readonly keySets: Readonly<Record<string, string | undefined>>
  /** What the store answers, whatever that may be; `undefined` where it fails. */
  readonly lookUp: (anchors: readonly string[]) => unknown
  /** When the keys are there, and when the store has answered. */
  readonly nowMs: number
  readonly laterMs: number
}

export type Answer = 'admit' | DenialCode

/** The right answers. There is more than one only where the protocol leaves it open. */
export function rightAnswers(situation: Situation): readonly Answer[] {
  const token = /^bearer +([^ ].*)$/is.exec(situation.authorization ?? '')?.[1]
  if (token === undefined) return ['missing_token']
  const parts = partsOf(token)
  if (parts === undefined) return ['invalid_token']

  const { zones } = situation.rule
  const zone = zones.length === 1 ? zones[0] : zones.find((one) => one === parts.claims?.zone_id)
  // A zone that is not expected: whose keys would be asked is left open, and with it which of these it is.
  if (zone === undefined) return ['invalid_zone', 'invalid_token', 'keys_unavailable']
  const key = keyIn(situation.keySets[zone], parts.kid)
  if (key === 'unavailable') {
    if (parts.claims !== undefined && areSound(parts.claims)) return ['keys_unavailable']
    // What its claims alone refuse needs no keys, unless it would take long to find out.
    const isEasy = parts.payload.length <= 8_192 && (parts.json.match(/[[{]/g) ?? []).length <= 16
    return isEasy ? ['invalid_token'] : ['invalid_token', 'keys_unavailable']
  }
  if (key === 'none' || !isSignedBy(key, parts)) return ['invalid_token']

  const { claims } = parts
  if (claims === undefined || !areSound(claims)) return ['invalid_token']
  return [termsOf(claims, situation) ?? demandsOf(claims, situation.rule) ?? stateOf(claims, situation)]
}

/** Protocol §3, steps 2 to 4. */
function termsOf(claims: Members, { rule, nowMs, toleranceSeconds }: Situation): DenialCode | undefined {
  if (String(claims.iss).split(/\/+$/)[0] !== rule.issuer) return 'invalid_token'
  if (!listOf(claims, 'aud').includes(rule.audience)) return 'invalid_token'
  if (Number(claims.exp) * 1000 <= nowMs) return 'invalid_token'
  const starts = [claims.iat, textOf(claims, 'nbf')].filter((start) => start !== undefined)
  if (starts.some((start) => (Number(start) - toleranceSeconds) * 1000 > nowMs)) return 'invalid_token'
  const lives = [Number(claims.exp) - Number(claims.iat), Number(claims.exp) - nowMs / 1000]
  if (lives.some((seconds) => seconds > rule.maxLifetimeSeconds)) return 'invalid_token'
  if (!rule.zones.includes(String(claims.zone_id))) return 'invalid_zone'
  if (claims.use === 'gateway' || claims.use !== rule.use) return 'invalid_token'
  if (claims.sub_type !== 'user' && claims.sub_type !== 'application') return 'invalid_token'
  return undefined
}

/** Protocol §3, steps 5 and 6. */
function demandsOf(claims: Members, rule: Rule): DenialCode | undefined {
  const scopes = (textOf(claims, 'scope') ?? '').split(' ')
  if (!rule.scopes.every((scope) => scopes.includes(scope))) return 'insufficient_scope'
  if (!rule.targets.every((target) => listOf(claims, 'target').includes(target))) return 'invalid_token'
  if (rule.agent && textOf(claims, 'agent_session_id') === undefined) return 'agent_required'
  if (rule.delegation && textOf(claims, 'delegation_edge_id') === undefined) return 'delegation_required'
  const hops = [
    Number(textOf(claims, 'hop_count') ?? 0),
    listOf(claims, 'delegation_path').length,
    listOf(claims, 'delegation_chain').length - 1,
    textOf(claims, 'delegation_edge_id') === undefined ? 0 : 1,
  ]
  if (hops.some((count) => count > rule.maxHops)) return 'hop_count_exceeded'
  const applications = listOf(claims, 'delegation_chain').map((link) => asObject(link)?.application_id)
  return rule.chain.every((application) => applications.includes(application)) ? undefined : 'chain_mismatch'
}

const ANCHORS = ['sid', 'root_sid', 'agent_session_id', 'delegation_edge_id']

/** Protocol §3, steps 7 and 8. */
function stateOf(claims: Members, { lookUp, laterMs }: Situation): Answer {
  const anchors = ANCHORS.flatMap((name) => textOf(claims, name) ?? [])
  const { revoked, delegationEpoch: newest } = asObject(lookUp(anchors)) ?? {}
  const isEpoch =
    typeof newest === 'number' && newest >= 0 && (newest === Infinity || Number.isSafeInteger(newest))
  if (typeof revoked !== 'boolean' || !isEpoch) return 'revocation_unavailable'
  if (revoked) return 'session_revoked'
  const epoch = textOf(claims, 'delegation_graph_epoch')
  if (epoch !== undefined && Number(epoch) < newest) return 'delegation_stale'
  return Number(claimOf(claims, 'exp')) * 1000 <= laterMs ? 'invalid_token' : 'admit'
}
