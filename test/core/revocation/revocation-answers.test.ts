// The valid answers of a store: exactly one shape, with or without a promise. Anything else is an outage.

import { RevocationUnavailableError, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { CLEAN, recordingStore } from '../support/recording-store.ts'
import { requestWith, scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

holdClock()

/** Computed, because the linter reports objects that have this method by name. */
const THEN = 'then'

type Settle = (value: unknown) => void
const thenable = (then: (resolve: Settle, reject: Settle) => void) => ({ [THEN]: then })

async function decisionFor(answer: () => unknown) {
  const sts = scriptedIssuer()
  const guard = sts.guard({ revocations: recordingStore(answer) })
  return guard.authorizeToken(await sts.mint())
}

const unavailable = (fault: string) => ({ code: 'revocation_unavailable', status: 503, fault })

describe('a valid answer is used', () => {
  it.each<[string, () => unknown]>([
    ['itself', () => CLEAN],
    ['a promise of it', async () => CLEAN],
    ['a thenable of it', () => thenable((resolve) => resolve(CLEAN))],
    ['one with more members', () => ({ ...CLEAN, source: 'cache' })],
    [
      'one of a class',
      () =>
        new (class {
          revoked = false
          delegationEpoch = 0
        })(),
    ],
  ])('given as %s', async (_, answer) => {
    expect(await decisionFor(answer)).toMatchObject({ outcome: 'admit' })
  })

  it.each<[string, () => unknown]>([
    ['itself', () => ({ revoked: true, delegationEpoch: 0 })],
    ['a promise of it', async () => ({ revoked: true, delegationEpoch: 0 })],
  ])('also if it is a refusal, given as %s', async (_, answer) => {
    expect(await decisionFor(answer)).toMatchObject({ code: 'session_revoked', status: 401 })
  })
})

const MALFORMED: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  1n,
  '',
  'false',
  'OK',
  Symbol('clean'),
  () => CLEAN,
  Object.assign(() => {}, CLEAN),
  {},
  [],
  [CLEAN],
  [false, 0],
  [null, null, null],
  new Map(Object.entries(CLEAN)),
  { result: CLEAN },
  JSON.stringify(CLEAN),
  { revoked: false },
  { delegationEpoch: 0 },
  { Revoked: false, DelegationEpoch: 0 },
  { revoked: undefined, delegationEpoch: 0 },
  { revoked: null, delegationEpoch: 0 },
  { revoked: 0, delegationEpoch: 0 },
  { revoked: 1, delegationEpoch: 0 },
  { revoked: '', delegationEpoch: 0 },
  { revoked: 'false', delegationEpoch: 0 },
  { revoked: 'true', delegationEpoch: 0 },
  { revoked: Object(false), delegationEpoch: 0 },
  { revoked: Promise.resolve(false), delegationEpoch: 0 },
  { revoked: false, delegationEpoch: undefined },
  { revoked: false, delegationEpoch: null },
  { revoked: false, delegationEpoch: Number.NaN },
  { revoked: false, delegationEpoch: -1 },
  { revoked: false, delegationEpoch: 1.5 },
  { revoked: false, delegationEpoch: 2 ** 53 },
  { revoked: false, delegationEpoch: Number.NEGATIVE_INFINITY },
  { revoked: false, delegationEpoch: '0' },
  { revoked: false, delegationEpoch: '' },
  { revoked: false, delegationEpoch: 0n },
  { revoked: false, delegationEpoch: true },
  { revoked: false, delegationEpoch: [] },
  { revoked: false, delegationEpoch: Object(0) },
  { revoked: true, delegationEpoch: Number.NaN },
  { revoked: true },
]

describe.each<[string, (answer: unknown) => unknown]>([
  ['at once', (answer) => answer],
  ['by a promise', async (answer) => answer],
  ['by a thenable', (answer) => thenable((resolve) => resolve(answer))],
])('an answer of any other shape, given %s, is an outage', (_, give) => {
  it.each(MALFORMED.map((answer) => [described(answer), answer]))('%s', async (_, answer) => {
    expect(await decisionFor(() => give(answer))).toMatchObject(unavailable('malformed'))
  })
})

it('an answer by a promise whose own then has no effect is awaited', async () => {
  const answer = Object.assign(Promise.resolve({ revoked: true, delegationEpoch: 0 }), {
    [THEN]: () => undefined,
  })
  expect(await decisionFor(() => answer)).toMatchObject({ code: 'session_revoked' })
})

function described(value: unknown): string {
  if (typeof value !== 'object' || value === null) return `${typeof value} ${String(value)}`
  const members = Object.entries(value).map(([name, member]) => `${name}: ${typeof member} ${String(member)}`)
  return `${value.constructor.name} { ${members.join(', ')} }`
}

it('also if the mandate has no epoch to compare with', async () => {
  const sts = scriptedIssuer()
  const revocations = recordingStore(() => ({ revoked: false, delegationEpoch: 'x' }))
  const token = await sts.mint({ hops: 0 })
  expect(await verdict(sts.guard({ revocations }), token)).toBe('revocation_unavailable')
})

describe('a store that fails is an outage', () => {
  it.each<[string, () => unknown]>([
    ['throws', () => raise(new Error('secret'))],
    ['throws a TypeError', () => raise(new TypeError('secret'))],
    ['throws nothing', () => raise(undefined)],
    ['throws a text', () => raise('secret')],
    ['rejects', () => Promise.reject(new Error('secret'))],
    ['rejects with nothing', () => Promise.reject(undefined)],
    ['rejects with an answer', () => Promise.reject(CLEAN)],
    ['gives a thenable that rejects', () => thenable((_, reject) => reject(new Error('secret')))],
    ['gives a thenable that throws', () => thenable(() => raise(new Error('secret')))],
  ])('and %s', async (_, answer) => {
    expect(await decisionFor(answer)).toMatchObject(unavailable('failed'))
  })

  it.each(['network', 'timeout', 'status', 'malformed', 'full'] as const)('and says %s', async (fault) => {
    expect(await decisionFor(() => raise(new RevocationUnavailableError(fault)))).toMatchObject(
      unavailable(fault),
    )
  })

  function raise(error: unknown): never {
    throw error
  }
})

describe('the answer to an outage of the store', () => {
  async function responseTo(answer: () => unknown) {
    const sts = createTestIssuer()
    let handled = 0
    const guarded = withCaracal(() => new Response(String(handled++)), {
      ...sts.options,
      revocations: recordingStore(answer),
    })
    const response = await guarded(requestWith(await sts.mint()))
    expect(handled).toBe(0)
    return response
  }

  it('is 503 with Retry-After, because the mandate may be valid', async () => {
    const response = await responseTo(() => undefined)
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toMatch(/^[1-9]\d*$/)
    expect(response.headers.has('WWW-Authenticate')).toBe(false)
    expect(await response.json()).toMatchObject({ error: 'revocation_unavailable' })
  })

  it('differs from that to a revoked mandate', async () => {
    const response = await responseTo(() => ({ ...CLEAN, revoked: true }))
    expect(response.status).toBe(401)
    expect(response.headers.has('Retry-After')).toBe(false)
    expect(await response.json()).toMatchObject({ error: 'session_revoked' })
  })

  it('contains nothing of what the store said', async () => {
    const response = await responseTo(() => {
      throw new TypeError('GET caracal:revoked:sessions:sid-1 failed at redis.internal')
    })
    const shown = JSON.stringify([await response.text(), ...response.headers])
    expect(shown).not.toMatch(/TypeError|sid-1|redis|\n\s+at /)
  })
})

describe('a mandate that expires while the store is asked', () => {
  it.each<[string, (state: typeof CLEAN) => unknown]>([
    ['at once', (state) => state],
    ['by a promise', async (state) => state],
  ])('is refused, whatever the store says %s', async (_, give) => {
    const sts = scriptedIssuer()
    const revocations = recordingStore(() => {
      later(2_000)
      return give(CLEAN)
    })
    const token = await sts.mint({ lifetimeSeconds: 2 })
    expect(await verdict(sts.guard({ revocations }), token)).toBe('expired')
  })

  it('is admitted up to that second', async () => {
    const sts = scriptedIssuer()
    const revocations = recordingStore(() => {
      later(1_999)
      return CLEAN
    })
    expect(await verdict(sts.guard({ revocations }), await sts.mint({ lifetimeSeconds: 2 }))).toBe('admit')
  })
})

it('a store that throws an unreadable value is an outage', async () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  for (const answer of [() => Promise.reject(proxy), () => fails(proxy)]) {
    expect(await decisionFor(answer)).toMatchObject(unavailable('failed'))
  }
})

function fails(thrown: unknown): never {
  throw thrown
}
