// Valid mandates with one change, under any rule: the handler runs for exactly those that the model admits.

import type { Mandate } from 'caracal-edge'
import fc from 'fast-check'
import { expect, it, vi } from 'vitest'
import { COUNTABLE, changeTo, forge } from './forge.ts'
import { type Guard, guardWith, SECRET, watchTheGuard } from './guard.ts'
import { keyOf, keySetOf } from './keys.ts'
import { ANCHORS, claims, GOOD, NOW, optionsFor, RULE, rule, ZONES } from './mandates.ts'
import { type Answer, rightAnswers, type Situation } from './model.ts'
import { type Members, partsOf } from './model-token.ts'
import { property } from './runs.ts'

watchTheGuard(NOW)

const nowAndThen = <T>(usual: T, other: fc.Arbitrary<T>) =>
  fc.oneof({ arbitrary: fc.constant(usual), weight: 12 }, { arbitrary: other, weight: 1 })

/** The world around a request. */
const world = fc.record({
  rule,
  toleranceSeconds: nowAndThen(60, fc.constantFrom(0, 59, 61)),
  areKeysServed: nowAndThen(true, fc.constant(false)),
  isStoreUp: nowAndThen(true, fc.constant(false)),
  revoked: fc.oneof(
    { arbitrary: fc.constant<string[]>([]), weight: 4 },
    { arbitrary: fc.subarray([...ANCHORS], { minLength: 1, maxLength: 2 }), weight: 1 },
  ),
  epoch: fc.constantFrom(0, 0, 1, 2, Number.POSITIVE_INFINITY),
  keysTakeMs: nowAndThen(0, fc.constantFrom(999, 1_000, 2_000)),
  storeTakesMs: nowAndThen(0, fc.constantFrom(999, 1_000, 2_000)),
  options: fc.constantFrom({}, {}, { verifiedTokenCache: false } as const),
})
type World = typeof world extends fc.Arbitrary<infer T> ? T : never

const QUIET: World = {
  rule: { ...RULE, scopes: ['read'], targets: ['t'], agent: true, delegation: true, maxHops: 1 },
  toleranceSeconds: 60,
  areKeysServed: true,
  isStoreUp: true,
  revoked: [`revoked-${SECRET}`],
  epoch: 1,
  keysTakeMs: 0,
  storeTakesMs: 0,
  options: {},
}

/** A guard in that world; asking it moves the clock as far as the keys and the store take. */
function guardIn(given: World) {
  return guardWith({
    ...optionsFor(given.rule),
    ...given.options,
    clockToleranceSeconds: given.toleranceSeconds,
    keySet: {
      fetch: async (url) => {
        wait(given.keysTakeMs)
        if (!given.areKeysServed) throw new Error(SECRET)
        return new Response(served(given)[new URL(url).searchParams.get('zone_id') ?? ''])
      },
    },
    revocations: {
      lookup({ anchors }) {
        wait(given.storeTakesMs)
        if (!given.isStoreUp) throw new Error(SECRET)
        return stateFor(given, anchors)
      },
    },
  })
}

function served({ areKeysServed }: World): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(ZONES.map((zone) => [zone, areKeysServed ? keySetOf(keyOf(zone)) : undefined]))
}

function stateFor({ revoked, epoch }: World, anchors: readonly string[]) {
  return { revoked: anchors.some((anchor) => revoked.includes(anchor)), delegationEpoch: epoch }
}

function situationIn(given: World, authorization: string, nowMs: number): Situation {
  return {
    authorization,
    rule: given.rule,
    toleranceSeconds: given.toleranceSeconds,
    keySets: served(given),
    lookUp: (anchors) => (given.isStoreUp ? stateFor(given, anchors) : undefined),
    nowMs,
    laterMs: nowMs + given.storeTakesMs,
  }
}

function wait(ms: number): void {
  vi.setSystemTime(Date.now() + ms)
}

/** The handler is told what the token says. */
function expectSame(mandate: Mandate | undefined, claims: Members | undefined): void {
  const { sub, sid, jti, exp, zone_id: zoneId, use } = claims ?? {}
  expect(mandate).toMatchObject({ sub, sid, jti, expiresAt: exp, zoneId, use })
}

/** Sends both, one after the other, and gives the second answer. */
async function answersTo(one: string, other: string, given: World): Promise<Answer> {
  vi.setSystemTime(NOW * 1000)
  const guard = guardIn(given)
  await send(one, given, guard, Date.now() + given.keysTakeMs)
  return send(other, given, guard, Date.now())
}

async function send(token: string, given: World, guard: Guard, nowMs: number): Promise<Answer> {
  const authorization = `Bearer ${token}`
  const answer = await guard.answer(authorization)
  expect(rightAnswers(situationIn(given, authorization, nowMs))).toContain(answer)
  if (answer === 'admit') expectSame(guard.mandate, partsOf(token.trim())?.claims)
  return answer
}

const UNCHANGED = { at: 'nothing' } as const

const CODES: readonly Answer[] = [
  'admit',
  'invalid_token',
  'invalid_zone',
  'insufficient_scope',
  'agent_required',
  'delegation_required',
  'hop_count_exceeded',
  'chain_mismatch',
  'session_revoked',
  'delegation_stale',
  'keys_unavailable',
  'revocation_unavailable',
]

property('a mandate as the STS writes it, in any world, sent twice', {
  cases: fc.noBias(fc.record({ claims, world, signedBy: fc.constantFrom(undefined, undefined, ZONES[0]) })),
  runs: 300,
  classes: CODES,
  // The second time its signature may be remembered: all else counts as before.
  async check({ claims, world, signedBy }) {
    const token = forge(claims, keyOf(signedBy ?? claims.zone_id), UNCHANGED)
    return answersTo(token, token, world)
  },
})

const CHANGES = [
  'claim',
  'header member',
  'header',
  'payload',
  'signature',
  'bit',
  'encoding',
  'text',
  'nothing',
]

/** Nearly always one that admits an unchanged mandate, so that it is the change that decides. */
const easy = fc.oneof(
  { arbitrary: fc.record({ claims: fc.constant(GOOD), world: fc.constant(QUIET) }), weight: 5 },
  { arbitrary: fc.record({ claims, world }), weight: 1 },
)

property('a mandate with one change, after the one without', {
  cases: fc.noBias(
    easy.chain(({ claims, world }) =>
      fc.record({ claims: fc.constant(claims), change: changeTo(claims), world: fc.constant(world) }),
    ),
  ),
  runs: 300,
  classes: ['admit', 'claim admitted', 'header member admitted', ...CHANGES.map((at) => `${at} seen`)],
  async check({ claims, change, world }) {
    const key = keyOf(claims.zone_id)
    const answer = await answersTo(forge(claims, key, UNCHANGED), forge(claims, key, change), world)
    return [answer, `${change.at} seen`, ...(answer === 'admit' ? [`${change.at} admitted`] : [])]
  },
})

const GOOD_TOKEN = forge(GOOD, keyOf(GOOD.zone_id), UNCHANGED)

it.each(COUNTABLE)('a good mandate whose $at is another: $by $spelling $segment $signed', async (change) => {
  await answersTo(GOOD_TOKEN, forge(GOOD, keyOf(GOOD.zone_id), change), QUIET)
})
