// `createTestStore`: each fault that it can show, as a guard sees it, and what it notes.
// Also `createTestIssuer` with a store and with several zones.

import { CaracalConfigError, createMandateVerifier, type RevocationState } from 'caracal-edge'
import { createTestIssuer, createTestStore, type TestStore, testRevocationStore } from 'caracal-edge/testing'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'

const issuer = createTestIssuer()

async function verdict(store: TestStore, token: string): Promise<string> {
  const verifier = createMandateVerifier({ ...issuer.options, revocations: store, storeTimeoutMs: 60 })
  const decision = await verifier.authorizeToken(token)
  return decision.outcome === 'deny' ? `${decision.reason} ${decision.fault ?? ''}`.trim() : decision.outcome
}

describe('a fault', () => {
  it.each<{ fault: string; bring: (store: TestStore) => void; expected: string }>([
    { fault: 'none', bring: () => {}, expected: 'admit' },
    { fault: 'down', bring: (store) => store.goDown(), expected: 'revocation_unavailable network' },
    { fault: 'slow, but in time', bring: (store) => store.answerAfter(5), expected: 'admit' },
    {
      fault: 'too slow',
      bring: (store) => store.answerAfter(500),
      expected: 'revocation_unavailable timeout',
    },
    { fault: 'silent', bring: (store) => store.fallSilent(), expected: 'revocation_unavailable timeout' },
    { fault: 'everything revoked', bring: (store) => store.revokeAll(), expected: 'session_revoked' },
    ...[undefined, null, {}, [], { revoked: false }, { revoked: 'no', delegationEpoch: 0 }].map((answer) => ({
      fault: `the answer ${JSON.stringify(answer)}`,
      bring: (store: TestStore) => store.answerWith(answer),
      expected: 'revocation_unavailable malformed',
    })),
    {
      fault: 'a newer epoch',
      bring: (store) => store.answerWith({ revoked: false, delegationEpoch: 2 }),
      expected: 'delegation_stale',
    },
  ])('$fault', async ({ bring, expected }) => {
    const store = createTestStore()
    const token = await issuer.mint()
    bring(store)
    expect(await verdict(store, token)).toBe(expected)
    store.recover()
    expect(await verdict(store, token)).toBe('admit')
    expect(store.queries).toHaveLength(2)
  })

  it('does not undo marks', async () => {
    const store = createTestStore()
    const token = await issuer.mint({ claims: { sid: 'sid-7' } })
    await store.markRevoked('sid-7')
    store.goDown()
    store.recover()
    expect(await verdict(store, token)).toBe('session_revoked')
    store.answerAfter(1)
    expect(await verdict(store, token)).toBe('session_revoked')
  })

  it('names no anchor in what it throws', () => {
    const store = createTestStore()
    store.goDown()
    const lookup = () => store.lookup({ anchors: ['sid-secret'], zoneId: undefined })
    expect(lookup).toThrow('unavailable')
    expect(lookup).not.toThrow('sid-secret')
  })

  it.each([-1, 1.5, '5', undefined, 2 ** 31])('refuses %s as a time', (ms) => {
    expect(() => createTestStore().answerAfter(ms as never)).toThrow(TypeError)
  })
})

describe('queries', () => {
  it('are what was asked, and cannot be changed', async () => {
    const store = createTestStore()
    const token = await issuer.mint()
    await verdict(store, token)
    const { sid, agent_session_id, delegation_edge_id } = decodeJwt(token)
    expect(store.queries).toEqual([
      { anchors: [sid, agent_session_id, delegation_edge_id], zoneId: 'zone-1' },
    ])
    expect(Object.isFrozen(store.queries[0])).toBe(true)
    expect(Object.isFrozen(store.queries[0]?.anchors)).toBe(true)
  })

  it('are none where a request is refused before', async () => {
    const store = createTestStore()
    await verdict(store, await issuer.mint({ expired: true }))
    expect(store.queries).toEqual([])
  })
})

describe('without a fault it is a store like any', () => {
  const quick = /^(answers with|revokes exactly|only ever|finds a|refuses a wrong id)/
  const checks = testRevocationStore(createTestStore).filter(({ title }) => quick.test(title))
  it.each(checks)('$title', ({ check }) => check())

  it('and the checks find that one with a fault is not', async () => {
    const [first] = testRevocationStore(() => {
      const store = createTestStore()
      store.revokeAll()
      return store
    })
    await expect(first?.check()).rejects.toThrow('must give')
  })

  it('is not a function that makes one', () => {
    expect(() => testRevocationStore(createTestStore() as never)).toThrow(
      'takes a function that makes a store',
    )
  })
})

describe('an issuer with a store', () => {
  it('revokes in it, and its options name it', async () => {
    const store = createTestStore()
    const own = createTestIssuer({ revocations: store })
    expect([own.revocations, own.options.revocations]).toEqual([store, store])
    const token = await own.mint({ claims: { sid: 'sid-7' } })
    await own.revoke(token)
    const state = (await store.lookup({ anchors: ['sid-7'], zoneId: undefined })) as RevocationState
    expect(state.revoked).toBe(true)
  })

  it.each([undefined, null, {}, { lookup: () => ({}) }, createTestStore])('refuses %s as one', (store) => {
    expect(() => createTestIssuer({ revocations: store as never })).toThrow(CaracalConfigError)
  })
})

describe('an issuer with several zones', () => {
  const guard = (own: ReturnType<typeof createTestIssuer>, expectedZoneId: string | readonly string[]) =>
    createMandateVerifier({
      ...own.options,
      expectedZoneId,
      keySet: { ...own.options.keySet, maxAgeMs: 0, cooldownMs: 0 },
      verifiedTokenCache: false,
    })
  const reasonOf = async (verifier: ReturnType<typeof guard>, token: string) => {
    const decision = await verifier.authorizeToken(token)
    return decision.outcome === 'deny' ? decision.reason : decision.outcome
  }

  it('has a key set for each, and a guard accepts those that it names', async () => {
    const own = createTestIssuer()
    const second = own.zone('zone-2')
    const both = guard(own, ['zone-1', 'zone-2'])
    expect(await reasonOf(both, await own.mint())).toBe('admit')
    expect(await reasonOf(both, await second.mint())).toBe('admit')
    expect(await reasonOf(guard(own, 'zone-1'), await second.mint())).toBe('unknown_key')
    const kidOf = async (zone: typeof second) => (await zone.jwks()).keys.map(({ kid }) => kid)
    expect(await kidOf(own)).not.toEqual(await kidOf(second))
  })

  it('proves a zone by the keys of that zone alone', async () => {
    const own = createTestIssuer()
    const second = own.zone('zone-2')
    const both = guard(own, ['zone-1', 'zone-2'])
    expect(await reasonOf(both, await second.mint({ claims: { zone_id: 'zone-1' } }))).toBe('unknown_key')
  })

  it('rotates each by itself', async () => {
    const own = createTestIssuer()
    const second = own.zone('zone-2')
    const [first, token] = [await own.mint(), await second.mint()]
    await second.rotate({ retirePrevious: true })
    const both = guard(own, ['zone-1', 'zone-2'])
    expect(await reasonOf(both, token)).toBe('unknown_key')
    expect(await reasonOf(both, first)).toBe('admit')
    expect(await reasonOf(both, await second.mint())).toBe('admit')
  })

  it('gives the same zone for the same id, and serves those that were named', async () => {
    const own = createTestIssuer({ zoneId: 'zone-7' })
    const jwks = (zone: string) =>
      own.handler(new Request(`https://sts.test/.well-known/jwks.json?zone_id=${zone}`))
    expect((await jwks('zone-8')).status).toBe(404)
    expect(own.zone('zone-8')).toBe(own.zone('zone-8'))
    expect(await (await jwks('zone-8')).json()).toEqual(await own.zone('zone-8').jwks())
    expect(await own.zone('zone-7').jwks()).toEqual(await own.jwks())
  })

  it.each(['', undefined, 7, ['zone-2']])('refuses %s as a zone', (id) => {
    expect(() => issuer.zone(id as never)).toThrow(CaracalConfigError)
  })
})
