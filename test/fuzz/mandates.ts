// Claims as the STS writes them and rules that ask for some of them; some of them are wrong.

import type { CaracalOptions } from 'caracal-edge'
import fc from 'fast-check'
import { SECRET } from './guard.ts'
import type { Rule } from './model.ts'

export const NOW = 1_800_000_000
export const ISSUER = `https://sts.${SECRET}.test`
export const ZONES = [`zone-${SECRET}-1`, `zone-${SECRET}-2`] as const
const AUDIENCE = `resource://${SECRET}`
const OTHER = `resource://${SECRET}/other`
const SCOPES = ['read', 'write', 'admin:all', 'é']
const APPLICATIONS = ['1', '2', '3'].map((number) => `app-${SECRET}-${number}`)
const TARGETS = [AUDIENCE, OTHER, 't']
const ids = (...names: readonly string[]) => fc.constantFrom(...names.map((name) => `${name}-${SECRET}`))
export const ANCHORS = ['sid', 'root', 'agent', 'edge'].map((name) => `${name}-${SECRET}`)

const mostly = <T, U>(right: fc.Arbitrary<T>, other: fc.Arbitrary<U>) =>
  fc.oneof({ arbitrary: right, weight: 30 }, { arbitrary: other, weight: 1 })
const nowAndThen = <T>(usual: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 3 }, { arbitrary: other, weight: 1 })
const from = (...seconds: readonly number[]) => fc.constantFrom(...seconds.map((second) => NOW + second))
const some = <T>(values: readonly T[], maxLength?: number) =>
  fc.subarray([...values], maxLength === undefined ? {} : { maxLength })

export type Claims = Readonly<Record<string, unknown>>

/** What the STS leaves out is `undefined`, and left out of the JSON too. */
export const claims: fc.Arbitrary<Claims> = fc
  .record({
    base: fc.record({
      iss: mostly(
        fc.constant(ISSUER),
        fc.constantFrom(`${ISSUER}/`, ISSUER.toUpperCase(), 'https://other.test'),
      ),
      aud: mostly(
        fc.constantFrom([AUDIENCE], AUDIENCE, [OTHER, AUDIENCE]),
        fc.constantFrom([OTHER], [], OTHER, [`${AUDIENCE}/`]),
      ),
      sub: ids('user', 'application'),
      exp: mostly(from(1, 2, 300, 900), from(0, -1, -59, -61, 86_400, 86_401, 85_600, 85_601)),
      iat: mostly(from(-800, 0, 60), from(61, 3600)),
      nbf: mostly(fc.option(from(-800, 0, 60), { nil: undefined }), from(61, 3600)),
      jti: ids('jti'),
      zone_id: fc.constantFrom(...Array(6).fill(ZONES[0]), ZONES[1], `zone-${SECRET}-3`),
      client_id: ids('app'),
      sid: ids('sid'),
      root_sid: ids('sid', 'root'),
      use: mostly(fc.constant('resource'), fc.constantFrom('session', 'gateway', 'Resource', 'any')),
      sub_type: mostly(fc.constantFrom('user', 'application'), fc.constantFrom('User', 'agent')),
      scope: fc.option(
        fc.tuple(some(SCOPES), fc.constantFrom(' ', '  ')).map(([scopes, blank]) => scopes.join(blank)),
        { nil: undefined },
      ),
      target: fc.option(some(TARGETS), { nil: undefined }),
      agent_session_id: fc.option(ids('agent'), { nil: undefined, freq: 3 }),
    }),
    delegation: fc.option(
      fc.record({
        delegation_edge_id: ids('edge'),
        delegation_path: fc.array(ids('edge', 'other'), { maxLength: 3 }),
        hop_count: fc.option(fc.nat(3), { nil: undefined }),
        delegation_chain: some(APPLICATIONS).map((all) => all.map((id) => ({ application_id: id }))),
        delegation_graph_epoch: fc.option(fc.nat(3), { nil: undefined }),
      }),
      { nil: {}, freq: 3 },
    ),
  })
  .map(({ base, delegation }) => ({ ...base, ...delegation }))

export const rule: fc.Arbitrary<Rule> = fc.record({
  issuer: fc.constant(ISSUER),
  zones: fc.constantFrom([...ZONES], [...ZONES].reverse(), [ZONES[0]], [...ZONES]),
  audience: fc.constant(AUDIENCE),
  use: mostly(fc.constant('resource'), fc.constant('session')),
  scopes: nowAndThen<string[]>([], some(SCOPES, 2)),
  targets: nowAndThen<string[]>([], some(TARGETS, 2)),
  agent: nowAndThen(false, fc.constant(true)),
  delegation: nowAndThen(false, fc.constant(true)),
  chain: nowAndThen<string[]>([], some(APPLICATIONS, 2)),
  maxHops: nowAndThen(10, fc.constantFrom(0, 1, 2)),
  maxLifetimeSeconds: nowAndThen(86_400, fc.constantFrom(1, 240, 900, 1_100)),
})

/** A mandate with everything in it, and a rule that asks nothing. */
export const GOOD: Claims = {
  iss: ISSUER,
  aud: [AUDIENCE],
  sub: `user-${SECRET}`,
  exp: NOW + 300,
  iat: NOW,
  nbf: NOW,
  jti: `jti-${SECRET}`,
  zone_id: ZONES[0],
  client_id: `app-${SECRET}`,
  sid: `sid-${SECRET}`,
  root_sid: `root-${SECRET}`,
  use: 'resource',
  sub_type: 'user',
  scope: 'read write',
  target: TARGETS,
  agent_session_id: `agent-${SECRET}`,
  delegation_edge_id: `edge-${SECRET}`,
  delegation_path: [`edge-${SECRET}`],
  delegation_chain: [{ application_id: `app-${SECRET}-1` }],
  hop_count: 1,
  delegation_graph_epoch: 1,
}

export const RULE: Rule = {
  issuer: ISSUER,
  zones: ZONES,
  audience: AUDIENCE,
  use: 'resource',
  scopes: [],
  targets: [],
  agent: false,
  delegation: false,
  chain: [],
  maxHops: 10,
  maxLifetimeSeconds: 86_400,
}

/** The rule as a guard's options say it. */
export function optionsFor(rule: Rule) {
  return {
    issuer: rule.issuer,
    expectedZoneId: [rule.zones[0] ?? '', ...rule.zones.slice(1)],
    audience: rule.audience,
    requiredUse: rule.use as 'resource',
    requiredScopes: rule.scopes,
    requiredTargets: rule.targets,
    requireAgent: rule.agent,
    requireDelegation: rule.delegation,
    requireChainContains: rule.chain,
    maxHopCount: rule.maxHops,
    maxLifetimeSeconds: rule.maxLifetimeSeconds,
  } satisfies Partial<CaracalOptions>
}
