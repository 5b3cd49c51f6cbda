// The longest lifetime of a mandate, counted from its own beginning and from now, so that no mandate outlives its mark.

import {
  CaracalConfigError,
  type CaracalOptions,
  createMandateVerifier,
  InMemoryRevocationStore,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { bearer } from '../support/requests.ts'

const NOW = 1_800_000_000
const DAY = 86_400
const issuer = createTestIssuer()

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 })
})
afterEach(() => {
  vi.useRealTimers()
})

async function verdict(
  claims: Record<string, unknown>,
  options: Partial<CaracalOptions> = {},
  path = '/x',
): Promise<string> {
  const verifier = createMandateVerifier({ ...issuer.options, ...options })
  const decision = await verifier.authorize(bearer(await issuer.mint({ claims }), path))
  return decision.outcome === 'deny' ? `${decision.code} ${decision.reason}` : decision.outcome
}

/** Its store remembers for the same time. */
const LONGER = {
  maxLifetimeSeconds: 20 * DAY,
  revocations: new InMemoryRevocationStore({ defaultTtlMs: 20 * DAY * 1000 }),
}
const REFUSED = 'invalid_token lives_too_long'

describe.each([
  { limit: 'a day unless configured', options: {}, most: DAY },
  { limit: 'what the guard says', options: { maxLifetimeSeconds: 60 }, most: 60 },
  {
    limit: 'what the guard says, which may be more',
    options: LONGER,
    most: 20 * DAY,
  },
])('the longest lifetime is $limit', ({ options, most }) => {
  it.each([
    { title: 'exactly that', iat: 0, exp: most, says: 'admit' },
    { title: 'a second more', iat: 0, exp: most + 1, says: REFUSED },
    { title: 'a second more, most of it past', iat: 10 - most, exp: 11, says: REFUSED },
    { title: 'exactly that, most of it past', iat: 10 - most, exp: 10, says: 'admit' },
    {
      title: 'as long, counted from an issue date ahead of the clock',
      iat: 1,
      exp: most + 1,
      says: REFUSED,
    },
    { title: 'less, from a date ahead of the clock', iat: 1, exp: most, says: 'admit' },
  ])('$title → $says', async ({ iat, exp, says }) => {
    expect(await verdict({ iat: NOW + iat, exp: NOW + exp }, options)).toBe(says)
  })
})

it('is exact to the millisecond', async () => {
  const claims = { iat: NOW - 1, exp: NOW - 1 + 60 }
  const ahead = { iat: NOW, exp: NOW + 60 }
  expect(await verdict(claims, { maxLifetimeSeconds: 60 })).toBe('admit')
  vi.setSystemTime(NOW * 1000 - 1)
  expect(await verdict(ahead, { maxLifetimeSeconds: 60 })).toBe(REFUSED)
})

it.each([
  { exp: Number.MAX_SAFE_INTEGER, iat: NOW },
  { exp: NOW + 60, iat: 0 },
  { exp: NOW + 60, iat: -Number.MAX_SAFE_INTEGER },
])('refuses dates that are far away: %j', async (claims) => {
  expect(await verdict(claims)).toBe(REFUSED)
})

it('can be different on a route', async () => {
  const options = { maxLifetimeSeconds: 600, routes: { '/brief': { maxLifetimeSeconds: 60 } } }
  const claims = { iat: NOW, exp: NOW + 600 }
  expect(await verdict(claims, options)).toBe('admit')
  expect(await verdict(claims, options, '/brief/x')).toBe(REFUSED)
  expect(await verdict({ ...claims, exp: NOW + 60 }, options, '/brief/x')).toBe('admit')
})

it('counts from the time of each request: a mandate that lives too long now is admitted a second later', async () => {
  const verifier = createMandateVerifier({ ...issuer.options, maxLifetimeSeconds: 60 })
  const token = await issuer.mint({ claims: { iat: NOW + 1, exp: NOW + 61 } })
  expect(await verifier.authorizeToken(token)).toMatchObject({ reason: 'lives_too_long' })
  vi.setSystemTime((NOW + 1) * 1000)
  expect((await verifier.authorizeToken(token)).outcome).toBe('admit')
})

describe('a store of this package that forgets a mark before the mandate ends is a mistake that names both:', () => {
  const store = (ms?: number) => new InMemoryRevocationStore(ms === undefined ? {} : { defaultTtlMs: ms })
  const inRedis = (ms: number) =>
    new UpstashRevocationStore({ url: 'https://redis.test', token: 't', defaultTtlMs: ms })
  const mistake = (where = '') =>
    `${where}revocations has a defaultTtlMs that is shorter than ${where}maxLifetimeSeconds`

  it.each<{ title: string; options: Partial<CaracalOptions>; says: readonly string[] }>([
    { title: 'a shorter store', options: { revocations: store(86_399_999) }, says: [mistake()] },
    { title: 'a shorter store in Redis', options: { revocations: inRedis(900_000) }, says: [mistake()] },
    { title: 'a longer life', options: { maxLifetimeSeconds: DAY + 1 }, says: [mistake()] },
    {
      title: 'a longer lifetime on a route',
      options: { routes: { '/a': { maxLifetimeSeconds: DAY + 1 } } },
      says: [mistake('routes["/a"].')],
    },
    {
      title: 'a shorter store on a route',
      options: { routes: { '/a': { revocations: inRedis(900_000) }, '/b': {} } },
      says: [mistake('routes["/a"].')],
    },
    {
      title: 'a shorter store, with a lifetime as short, except on a route',
      options: {
        revocations: store(900_000),
        maxLifetimeSeconds: 900,
        routes: { '/a': { maxLifetimeSeconds: 901 } },
      },
      says: [mistake('routes["/a"].')],
    },
    { title: 'the defaults', options: { revocations: store() }, says: [] },
    { title: 'as long', options: { revocations: store(900_000), maxLifetimeSeconds: 900 }, says: [] },
    {
      title: 'both longer on a route',
      options: { routes: { '/a': { maxLifetimeSeconds: 2 * DAY, revocations: inRedis(2 * DAY * 1000) } } },
      says: [],
    },
    {
      title: 'a custom store, whose TTL is not known',
      options: {
        revocations: { lookup: () => ({ revoked: false, delegationEpoch: 0 }) },
        maxLifetimeSeconds: 2 * DAY,
      },
      says: [],
    },
  ])('$title', ({ options, says }) => {
    let issues: readonly string[] = []
    try {
      createMandateVerifier({ ...issuer.options, ...options })
    } catch (error) {
      if (!(error instanceof CaracalConfigError)) throw error
      issues = error.issues
    }
    expect(issues).toEqual(says.map((text) => expect.stringContaining(text)))
  })
})
