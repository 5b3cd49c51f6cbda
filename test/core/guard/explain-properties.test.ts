// For any mandate, options, path, requirements, store and outage: `explain` decides as the guard, and names its reason.

import {
  CaracalConfigError,
  type CaracalOptions,
  createMandateVerifier,
  type Decision,
  type Explanation,
  type MandateVerifier,
  type Requirements,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import fc from 'fast-check'
import { afterAll, expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import { holdClock } from '../support/held-clock.ts'
import { recordingStore } from '../support/recording-store.ts'
import { rawRequest } from '../support/requests.ts'

vi.setConfig({ testTimeout: 60_000 })
holdClock()

const RUNS = numRuns(600)
const issuer = createTestIssuer()
const now = 1_800_000_000

const some = <T>(...values: readonly T[]) => fc.constantFrom(...values)
/** Mostly left out. */
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary })

const mandates = fc
  .record({
    key: some<'current' | 'forged' | 'unknown'>(
      'current',
      'current',
      'current',
      'current',
      'forged',
      'unknown',
    ),
    scopes: fc.subarray(['a', 'b', 'c']),
    hops: fc.nat(3),
    claims: fc.record(
      {
        iss: some<unknown>('https://sts.test/', 'https://other.test', 7),
        aud: some<unknown>('resource://api', ['x', 'resource://api'], 'x'),
        exp: some<unknown>(now, now + 1, now + 90_000, '1'),
        iat: some<unknown>(now + 60, now + 61, now - 90_000),
        nbf: some<unknown>(now + 60, now + 61, null),
        zone_id: some('zone-2', 'zone-3'),
        use: some('session', 'gateway', 'other'),
        sub_type: some('application', 'robot'),
        target: some<unknown>([], ['x'], undefined),
        agent_session_id: some('', 'agent'),
        delegation_edge_id: some('', 'edge'),
        hop_count: fc.nat(4),
        cnf: some<unknown>({}),
      },
      { requiredKeys: [] },
    ),
    keeps: fc.integer({ min: 0, max: 9 }),
  })
  // Most mandates have few faults, so that every step ends some attempts.
  .map(({ claims, keeps, ...rest }) => ({
    ...rest,
    claims: Object.fromEntries(Object.entries(claims).slice(keeps, keeps + (keeps % 3))),
  }))

const requirements: fc.Arbitrary<Requirements> = fc
  .record({
    requiredScopes: rarely(fc.subarray(['a', 'b', 'c'])),
    requiredTargets: rarely(some<readonly string[]>([], ['resource://api'], ['x'])),
    requiredUse: rarely(some('resource' as const, 'session' as const)),
    requireAgent: rarely(fc.boolean()),
    requireDelegation: rarely(fc.boolean()),
    requireChainContains: rarely(some<readonly string[]>([], ['app-2'], ['app-9'])),
    maxHopCount: rarely(fc.nat(3)),
  })
  .map(given)

/** Without members that are `undefined`, which would be a mistake. */
function given<T extends object>(members: T): { readonly [Name in keyof T]: Exclude<T[Name], undefined> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    readonly [Name in keyof T]: Exclude<T[Name], undefined>
  }
}

const routeOptions = fc
  .tuple(
    requirements,
    fc.record({
      audience: rarely(some('x', 'resource://api')),
      maxLifetimeSeconds: rarely(some(600, 100_000)),
      expectedZoneId: rarely(some<string | readonly string[]>('zone-1', 'zone-2', ['zone-1', 'zone-2'])),
    }),
  )
  .map(([asked, own]) => ({ ...asked, ...given(own) }))

const STORES = {
  clean: () => ({ revoked: false, delegationEpoch: 0 }),
  'clean, later': async () => ({ revoked: false, delegationEpoch: 0 }),
  revoked: () => ({ revoked: true, delegationEpoch: 0 }),
  stale: async () => ({ revoked: false, delegationEpoch: 2 }),
  down: () => Promise.reject(new Error('down')),
  throwing: () => {
    throw new Error('down')
  },
  malformed: () => ({ revoked: 'no' }),
} as const

const worlds = fc.record({
  mandate: mandates,
  authorization: some('token', 'token', 'token', 'token', 'other scheme', 'none', 'garbage'),
  guard: routeOptions,
  routes: fc.dictionary(some('/a', '/a/b', 'POST /a', '/c'), routeOptions, {
    maxKeys: 3,
    noNullPrototype: true,
  }),
  exclude: fc.subarray(['/open', '/open/x', 'OPTIONS /a']),
  path: some(
    '/a',
    '/a/b',
    '/A',
    '/c/../a',
    '/open',
    '/open%2fx',
    '/open/..%2fa',
    '/x;y//a',
    `/${'%2541'.repeat(2_000)}`,
  ),
  method: some('GET', 'POST', 'post', 'OPTIONS'),
  more: rarely(requirements),
  stricter: rarely(requirements),
  store: some<keyof typeof STORES>(
    'clean',
    'clean',
    'clean, later',
    ...(Object.keys(STORES) as (keyof typeof STORES)[]),
  ),
  isOutage: some(false, false, false, false, false, true),
  verifiedTokenCache: some<false | { readonly maxEntries: number }>(false, { maxEntries: 10 }),
})
type World = typeof worlds extends fc.Arbitrary<infer One> ? One : never

/** Everything that can change is new each time: keys, their outages, the store. `undefined` if it contradicts itself. */
function verifierOf(world: World): MandateVerifier | undefined {
  const { guard, routes, exclude, store, isOutage, stricter, verifiedTokenCache } = world
  const fetchKeys: NonNullable<Exclude<CaracalOptions['keySet'], undefined>>['fetch'] = async (url, init) => {
    if (isOutage) throw new TypeError('no route to host')
    const asked = new URL(String(url))
    // Each zone has the same keys, so that a mandate of another zone has a good signature.
    asked.searchParams.set('zone_id', issuer.zoneId)
    return issuer.handler(new Request(asked, init))
  }
  try {
    const verifier = createMandateVerifier({
      ...issuer.options,
      ...guard,
      routes,
      exclude,
      revocations: recordingStore(STORES[store]),
      keySet: { fetch: fetchKeys },
      verifiedTokenCache,
    } as CaracalOptions)
    return stricter === undefined ? verifier : verifier.require(stricter)
  } catch (error) {
    if (error instanceof CaracalConfigError) return undefined
    throw error
  }
}

function requestOf({ path, method, authorization }: World, token: string): Request {
  const headers = new Headers()
  if (authorization === 'token') headers.set('authorization', `Bearer ${token}`)
  if (authorization === 'other scheme') headers.set('authorization', `Basic ${token}`)
  if (authorization === 'garbage') headers.set('authorization', 'Bearer hunter2')
  return { ...rawRequest(path), method, headers } as Request
}

const ends = new Map<string, number>()
afterAll(() => {
  // Each step has ended some decisions, and nothing was left out by accident.
  if (RUNS.numRuns < 600) return
  expect([...ends.keys()].sort()).toEqual([
    ...['admit', 'claims', 'credential', 'requirements', 'revocation', 'signature', 'skip'],
  ])
})

function holds({ decision, checks }: Explanation, decided: Decision): void {
  expect(decision).toStrictEqual(decided)
  const failed = checks.filter((check) => check.outcome === 'failed')
  const reasons = failed.map(({ reason }) => reason)
  expect(reasons[0]).toBe(decided.outcome === 'deny' ? decided.reason : undefined)
  const before = failed[0] === undefined ? checks.length : checks.indexOf(failed[0])
  expect(checks.slice(0, before).filter(({ outcome }) => outcome === 'not-reached')).toEqual([])
  for (const check of checks) if (check.outcome === 'not-reached') expect(check.after).toBe(failed[0]?.name)
  const end = failed[0]?.step ?? decided.outcome
  ends.set(end, (ends.get(end) ?? 0) + 1)
}

it('the decision of a request is that of authorize, and the first failed check is its reason', async () => {
  let tried = 0
  const property = fc.asyncProperty(worlds, async (world) => {
    const [explaining, deciding] = [verifierOf(world), verifierOf(world)]
    fc.pre(explaining !== undefined && deciding !== undefined)
    const request = requestOf(world, await issuer.mint(world.mandate))
    const { more } = world
    if (more === undefined) holds(await explaining.explain(request), await deciding.authorize(request))
    else holds(await explaining.explain(request, more), await deciding.authorize(request, more))
    tried++
  })
  await fc.assert(property, RUNS)
  expect(tried).toBe(RUNS.numRuns)
})

it('the decision about a token is that of authorizeToken, remembered or not', async () => {
  const property = fc.asyncProperty(worlds, async (world) => {
    const verifier = verifierOf(world)
    fc.pre(verifier !== undefined && !world.isOutage)
    const token = await issuer.mint(world.mandate)
    const { more } = world
    const decide = () =>
      more === undefined ? verifier.authorizeToken(token) : verifier.authorizeToken(token, more)
    const explain = () => (more === undefined ? verifier.explain(token) : verifier.explain(token, more))
    const decided = await decide()
    holds(await explain(), decided)
    holds(await explain(), await decide())
  })
  await fc.assert(property, numRuns(200))
})
