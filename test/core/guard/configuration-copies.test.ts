// A guard keeps a copy of its configuration: later changes to the options have no effect.

import { type CaracalOptions, createMandateVerifier } from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()

async function outcomeAt(options: CaracalOptions, path: string, token?: string): Promise<string> {
  const request = token === undefined ? anonymous(path) : bearer(token, path)
  return (await createMandateVerifier(options).authorize(request)).outcome
}

describe('the options', () => {
  it('can be changed after the guard is built, without effect', async () => {
    const requiredScopes = ['admin']
    const requiredTargets = ['resource://api']
    const requireChainContains = ['app-2']
    const expectedZoneId = ['zone-1']
    const exclude = ['/open']
    const route = { requiredScopes: ['payout'] }
    const routes: Record<string, { requiredScopes: string[] }> = { '/payouts': route }
    const jwks = structuredClone(await issuer.jwks())
    const options = {
      ...issuer.options,
      ...{ requiredScopes, requiredTargets, requireChainContains, expectedZoneId, exclude, routes },
      keySet: { jwks },
    }
    const verifier = createMandateVerifier(options)

    for (const list of [requiredScopes, requiredTargets, requireChainContains, expectedZoneId, exclude]) {
      list.length = 0
    }
    exclude.push('/x')
    route.requiredScopes.length = 0
    delete routes['/payouts']
    for (const key of jwks.keys) Object.assign(key, { x: 'gone' })
    jwks.keys.length = 0
    Object.assign(options, { audience: 'resource://other', issuer: 'https://other.test', maxHopCount: 0 })

    const reason = async (departures: MandateDepartures, path: string) => {
      const decision = await verifier.authorize(bearer(await issuer.mint(departures), path))
      return decision.outcome === 'deny' ? decision.reason : decision.outcome
    }
    expect(await reason({ scopes: ['admin'] }, '/x')).toBe('admit')
    expect(await reason({}, '/x')).toBe('insufficient_scope')
    expect(await reason({ scopes: ['admin'], claims: { target: [] } }, '/x')).toBe('missing_target')
    expect(await reason({ scopes: ['admin'], claims: { delegation_chain: [] } }, '/x')).toBe('chain_mismatch')
    expect(await reason({ scopes: ['admin'] }, '/payouts')).toBe('insufficient_scope')
    expect(await reason({ scopes: ['payout'] }, '/payouts')).toBe('admit')
    expect(await reason({}, '/open')).toBe('skip')
  })

  it('can be deeply frozen, and are never written to', async () => {
    const options = frozen({
      ...issuer.options,
      requiredScopes: ['read'],
      routes: { '/admin': { requiredScopes: ['admin'], expectedZoneId: ['zone-1'] } },
      exclude: ['/open'],
      verifiedTokenCache: { maxEntries: 5 },
      keySet: { jwks: await issuer.jwks() },
    })
    expect(await outcomeAt(options, '/x', await issuer.mint())).toBe('admit')
    expect(await outcomeAt(options, '/admin', await issuer.mint())).toBe('deny')
  })

  it('are read once, in the guard and in its routes', () => {
    const reads: string[] = []
    const watched = <T extends object>(target: T, where = ''): T =>
      new Proxy(target, {
        get(object, name) {
          if (typeof name === 'string') reads.push(`${where}${name}`)
          return Reflect.get(object, name, object)
        },
      })
    const route = watched({ requiredScopes: ['admin'], audience: 'resource://api' }, 'route.')
    const cache = watched({ maxEntries: 1 }, 'cache.')
    const options = { ...issuer.options, routes: { '/a': route }, exclude: ['/b'], verifiedTokenCache: cache }
    createMandateVerifier(watched(options))
    expect([...reads].sort()).toEqual([...new Set(reads)].sort())
    expect(reads).toEqual(
      expect.arrayContaining(['audience', 'issuer', 'routes', 'exclude', 'cache.maxEntries']),
    )
    expect(reads).toEqual(expect.arrayContaining(['route.requiredScopes', 'route.audience']))
  })

  it('can be an object without a prototype', async () => {
    const options = Object.assign(Object.create(null), {
      ...issuer.options,
      routes: Object.assign(Object.create(null), { '/admin': { requiredScopes: ['admin'] } }),
    })
    expect(await outcomeAt(options, '/x', await issuer.mint())).toBe('admit')
    expect(await outcomeAt(options, '/admin', await issuer.mint())).toBe('deny')
  })

  it('can have getters of their own', async () => {
    const options = Object.defineProperty({ ...issuer.options }, 'requiredScopes', {
      enumerable: true,
      get: () => ['admin'],
    })
    expect(await outcomeAt(options, '/x', await issuer.mint())).toBe('deny')
    expect(await outcomeAt(options, '/x', await issuer.mint({ scopes: ['admin'] }))).toBe('admit')
  })
})

describe('an issuer', () => {
  it.each(['https://sts.test/', 'https://sts.test///'])(
    '%s is the same as without slashes at its end',
    async (text) => {
      const fetch = vi.fn(issuer.options.keySet.fetch)
      const options = { ...issuer.options, issuer: text, keySet: { fetch } }
      expect(await outcomeAt(options, '/x', await issuer.mint())).toBe('admit')
      expect(fetch.mock.calls[0]?.[0]).toBe('https://sts.test/.well-known/jwks.json?zone_id=zone-1')
    },
  )

  it('is compared without the slashes at the end of `iss`, too', async () => {
    const mandate = await issuer.mint({ claims: { iss: 'https://sts.test/' } })
    expect(await outcomeAt(issuer.options, '/x', mandate)).toBe('admit')
  })

  it('is otherwise compared as it is written, not as a URL', async () => {
    const claimed = ['https://STS.test', 'https://sts.test:443', 'https://sts.test/x', 'https://sts.test/./']
    const outcomes = claimed.map(async (iss) =>
      outcomeAt(issuer.options, '/x', await issuer.mint({ claims: { iss } })),
    )
    expect(await Promise.all(outcomes)).toEqual(claimed.map(() => 'deny'))
  })
})

describe('inline keys', () => {
  it('verify without any fetch', async () => {
    const fetch = vi.spyOn(globalThis, 'fetch').mockRejectedValue(new Error('fetched'))
    const verifier = createMandateVerifier({ ...issuer.options, keySet: { jwks: await issuer.jwks() } })
    await verifier.warmup()
    const outcomes = [{}, { key: 'forged' as const }, { key: 'unknown' as const }].map(async (departures) => {
      const decision = await verifier.authorizeToken(await issuer.mint(departures))
      return decision.outcome === 'deny' ? decision.reason : decision.outcome
    })
    expect(await Promise.all(outcomes)).toEqual(['admit', 'bad_signature', 'unknown_key'])
    expect(fetch).not.toHaveBeenCalled()
    fetch.mockRestore()
  })

  it.each([
    { expectedZoneId: ['zone-1', 'zone-2'] },
    { routes: { '/other': { expectedZoneId: 'zone-2' } } },
    { routes: { '/other': { issuer: 'https://other-sts.test' } } },
  ])('must belong to one zone, not to %j', async (several) => {
    const options = { ...issuer.options, keySet: { jwks: await issuer.jwks() } }
    expect(() => createMandateVerifier(options)).not.toThrow()
    expect(() =>
      createMandateVerifier({ ...options, routes: { '/same': { expectedZoneId: 'zone-1' } } }),
    ).not.toThrow()
    expect(() => createMandateVerifier({ ...options, ...several })).toThrow(
      /keySet\.jwks has the keys of one zone/,
    )
  })

  it('can be mixed with keys of other kinds', async () => {
    const { keys } = await issuer.jwks()
    const others = [{ kty: 'RSA', kid: 'rsa', n: 'AQAB', e: 'AQAB' }, { kty: 'OKP' }, {}]
    const options = { ...issuer.options, keySet: { jwks: { keys: [...others, ...keys] } } }
    expect(await outcomeAt(options, '/x', await issuer.mint())).toBe('admit')
  })
})

function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    const isPlain = typeof member === 'object' && member !== null && member !== issuer.revocations
    if (isPlain) frozen(member)
  }
  return Object.freeze(value)
}
