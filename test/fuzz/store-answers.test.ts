// Whatever a revocation store answers, throws or rejects with: only a valid answer that says "not revoked" admits.

import type { RevocationState } from 'caracal-edge'
import fc from 'fast-check'
import { expect } from 'vitest'
import { CALM, CALM_OPTIONS, MANDATE } from './calm.ts'
import { guardWith, SECRET, watchTheGuard } from './guard.ts'
import { rightAnswers } from './model.ts'
import { property } from './runs.ts'

watchTheGuard()

/** A way for a store to behave, and the answer it comes to: `undefined` for none. */
interface Behaviour {
  readonly lookup: () => unknown
  readonly says: unknown
}

const nearly = (right: fc.Arbitrary<unknown>, wrong: fc.Arbitrary<unknown>) =>
  fc.oneof({ arbitrary: right, weight: 4 }, { arbitrary: wrong, weight: 1 })
const revoked = nearly(
  fc.constantFrom(false, false, false, true),
  fc.constantFrom(0, 1, '', 'false', null, undefined, [], {}, new Boolean(false), 0n),
)
const epoch = nearly(
  fc.constantFrom(0, 1, 2, Number.MAX_SAFE_INTEGER, Number.POSITIVE_INFINITY, -0),
  fc.constantFrom(
    -1,
    0.5,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    2 ** 53,
    '0',
    '1',
    0n,
    null,
    undefined,
    new Number(0),
  ),
)
const state = fc.record({ revoked, delegationEpoch: epoch })
const nearState = fc.oneof(
  revoked.map((revoked) => ({ revoked })),
  epoch.map((delegationEpoch) => ({ delegationEpoch })),
  state.map((whole) => [whole]),
  fc.constant('{"revoked":false,"delegationEpoch":0}'),
  state.map((whole) => ({ result: whole })),
)
const said = fc.oneof(
  { arbitrary: state, weight: 6 },
  { arbitrary: nearState, weight: 1 },
  {
    arbitrary: fc.anything({ withBigInt: true, withDate: true, withMap: true, withNullPrototype: true }),
    weight: 1,
  },
)

const thrown = fc.constantFrom<unknown>(new Error(SECRET), new TypeError(SECRET), SECRET, undefined, null, {})

/** The value itself, in a promise, or behind something that runs code of its own when it is looked at. */
const WAYS: Readonly<Record<string, (value: unknown, fault: unknown) => Behaviour>> = {
  plain: (value) => ({ lookup: () => value, says: value }),
  promised: (value) => ({ lookup: async () => value, says: value }),
  thenable: (value) => ({
    // biome-ignore lint/suspicious/noThenProperty: a store in JavaScript may answer with one
    lookup: () => ({ then: (resolve: (value: unknown) => void) => resolve(value) }),
    says: value,
  }),
  'behind getters': (value) => ({ lookup: () => behindGetters(value), says: value }),
  'behind getters that change': (value) => ({ lookup: () => behindGetters(value, [0n]), says: value }),
  // Only what an answer has itself is one.
  inherited: (value) => ({
    lookup: () => (isObject(value) ? Object.create(value) : value),
    says: isObject(value) ? undefined : value,
  }),
  thrown: (_, fault) => ({ lookup: () => fail(fault), says: undefined }),
  rejected: (_, fault) => ({ lookup: () => Promise.reject(fault), says: undefined }),
  'a getter that throws': (_, fault) => ({
    lookup: () => Object.defineProperty({ revoked: false }, 'delegationEpoch', { get: () => fail(fault) }),
    says: undefined,
  }),
  'a then that throws': (_, fault) => ({
    lookup: () => Object.defineProperty({}, 'then', { get: () => fail(fault) }),
    says: undefined,
  }),
  'a proxy that throws': (_, fault) => ({
    lookup: () => new Proxy({}, { get: () => fail(fault), has: () => fail(fault) }),
    says: undefined,
  }),
}

function fail(fault: unknown): never {
  throw fault
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Each getter gives what is said first, and later something else. */
function behindGetters(value: unknown, later: readonly unknown[] = []): unknown {
  if (!isObject(value)) return value
  const getters = Object.entries(value).map(([name, member]) => {
    const said = [member, ...later]
    return [name, { get: () => (said.length > 1 ? said.shift() : said[0]) }]
  })
  return Object.defineProperties({}, Object.fromEntries(getters))
}

property('a store that answers anything in any way', {
  cases: fc.noBias(fc.record({ way: fc.constantFrom(...Object.keys(WAYS)), said, thrown })),
  runs: 300,
  classes: ['admit', 'session_revoked', 'delegation_stale', 'revocation_unavailable', ...Object.keys(WAYS)],
  async check({ way, said, thrown }) {
    const { lookup, says } = present(WAYS[way])(said, thrown)
    const revocations = { lookup: () => lookup() as RevocationState }
    const answer = await guardWith({ ...CALM_OPTIONS, revocations }).answer(`Bearer ${MANDATE}`)
    expect(rightAnswers({ ...CALM, lookUp: () => says })).toContain(answer)
    return [answer, way]
  },
})

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('It is not there.')
  return value
}
