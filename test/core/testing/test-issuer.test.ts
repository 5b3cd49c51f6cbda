// `createTestIssuer`: the contract that tests of guarded handlers build on.

import { CaracalConfigError, createMandateVerifier } from 'caracal-edge'
import {
  createTestIssuer,
  type MandateDepartures,
  type TestIssuer,
  type TestIssuerOptions,
} from 'caracal-edge/testing'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it, vi } from 'vitest'

const TEXT = expect.stringMatching(/./)

async function verdict(issuer: TestIssuer, token: string): Promise<string> {
  // No cache and no cooldown, so that every key is looked up as it is currently published.
  const keySet = { ...issuer.options.keySet, maxAgeMs: 0, cooldownMs: 0 }
  const verifier = createMandateVerifier({ ...issuer.options, keySet, verifiedTokenCache: false })
  const decision = await verifier.authorizeToken(token)
  return decision.outcome === 'deny' ? decision.reason : decision.outcome
}

async function claimsOf(issuer: TestIssuer, departures?: MandateDepartures) {
  return decodeJwt(await issuer.mint(departures))
}

describe('the default mandate', () => {
  const issuer = createTestIssuer()

  it('is valid for a guard with the options of its issuer', async () => {
    expect(await verdict(issuer, await issuer.mint())).toBe('admit')
    expect(await verdict(issuer, await issuer.mint({}))).toBe('admit')
  })

  it('has every claim that the STS sends, in its form (protocol §1)', async () => {
    const token = await issuer.mint()
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'JWT', kid: TEXT })
    const claims = decodeJwt(token)
    expect(claims).toEqual({
      iss: 'https://sts.test',
      sub: 'user-1',
      sub_type: 'user',
      aud: ['resource://api'],
      target: ['resource://api'],
      iat: expect.any(Number),
      exp: expect.any(Number),
      jti: TEXT,
      zone_id: 'zone-1',
      client_id: 'app-1',
      scope: 'read write',
      sid: TEXT,
      root_sid: TEXT,
      use: 'resource',
      agent_session_id: TEXT,
      delegation_edge_id: TEXT,
      source_session_id: TEXT,
      target_session_id: claims.agent_session_id,
      delegation_path: [claims.delegation_edge_id],
      delegation_chain: [
        {
          application_id: 'app-2',
          agent_session_id: claims.source_session_id,
          delegation_edge_id: claims.delegation_edge_id,
        },
        { application_id: 'app-1', agent_session_id: claims.agent_session_id },
      ],
      hop_count: 1,
      delegation_graph_epoch: 1,
    })
    expect([claims.iat, claims.exp].every(Number.isInteger)).toBe(true)
    expect(Number(claims.exp) - Number(claims.iat)).toBe(900)
  })

  it('is a different one each time', async () => {
    const [one, other] = [await claimsOf(issuer), await claimsOf(issuer)]
    for (const claim of ['jti', 'sid', 'agent_session_id', 'delegation_edge_id']) {
      expect(one[claim], claim).not.toBe(other[claim])
    }
  })

  it("has its issuer's own names", async () => {
    const named = createTestIssuer({
      issuer: 'https://sts.eu.test',
      zoneId: 'zone-7',
      audience: 'resource://mail',
    })
    expect([named.issuer, named.zoneId, named.audience]).toEqual([
      'https://sts.eu.test',
      'zone-7',
      'resource://mail',
    ])
    expect(named.options).toMatchObject({
      ...{ issuer: 'https://sts.eu.test', expectedZoneId: 'zone-7', audience: 'resource://mail' },
      revocations: named.revocations,
    })
    const claims = { iss: 'https://sts.eu.test', zone_id: 'zone-7', aud: ['resource://mail'] }
    expect(await claimsOf(named)).toMatchObject({ ...claims, target: ['resource://mail'] })
    expect(await verdict(named, await named.mint())).toBe('admit')
    expect(await verdict(issuer, await named.mint())).toBe('unknown_key')
  })
})

describe('a departure', () => {
  const issuer = createTestIssuer()

  it.each<{ departures: MandateDepartures; claims: Record<string, unknown> }>([
    { departures: { audience: 'resource://b' }, claims: { aud: ['resource://b'], target: ['resource://b'] } },
    { departures: { audience: ['x', 'y'] }, claims: { aud: ['x', 'y'], target: ['x', 'y'] } },
    { departures: { audience: 'x', claims: { target: ['y'] } }, claims: { aud: ['x'], target: ['y'] } },
    {
      departures: { claims: { aud: 'resource://b' } },
      claims: { aud: 'resource://b', target: ['resource://api'] },
    },
    { departures: { scopes: ['a', 'b'] }, claims: { scope: 'a b' } },
    { departures: { scopes: [] }, claims: { scope: undefined } },
    { departures: { claims: { scope: 'a  b' } }, claims: { scope: 'a  b' } },
    {
      departures: { claims: { sub: 'user-7', sub_type: 'application' } },
      claims: { sub: 'user-7', sub_type: 'application' },
    },
    { departures: { claims: { jti: undefined } }, claims: { jti: undefined } },
    { departures: { claims: { jti: null } }, claims: { jti: null } },
    { departures: { claims: { hop_count: 7 } }, claims: { hop_count: 7 } },
    { departures: { claims: { more: { deep: [1] } } }, claims: { more: { deep: [1] } } },
    {
      departures: { hops: 0 },
      claims: {
        agent_session_id: TEXT,
        ...{ delegation_edge_id: undefined, source_session_id: undefined, target_session_id: undefined },
        ...{ delegation_path: undefined, delegation_chain: undefined, hop_count: undefined },
        delegation_graph_epoch: undefined,
      },
    },
    {
      departures: { agent: false },
      claims: { agent_session_id: undefined, delegation_edge_id: undefined, hop_count: undefined },
    },
    { departures: { agent: false, hops: 3 }, claims: { agent_session_id: undefined, hop_count: undefined } },
  ])('is the only difference: $departures', async ({ departures, claims }) => {
    const minted = await claimsOf(issuer, departures)
    for (const [name, value] of Object.entries(claims)) expect(minted[name], name).toEqual(value)
    expect(minted).toMatchObject({ iss: 'https://sts.test', zone_id: 'zone-1', client_id: 'app-1' })
    for (const name of ['key', 'audience', 'scopes', 'hops', 'agent', 'expired', 'lifetimeSeconds']) {
      expect(Object.keys(minted)).not.toContain(name)
    }
  })

  it.each<{ departures: unknown; says: readonly string[] }>([
    { departures: { sub: 'user-2' }, says: ['"sub"', "mint({ claims: { sub: 'user-2' } })"] },
    { departures: { scope: 'read' }, says: ['"scope"', 'mint({ claims'] },
    { departures: { Scopes: ['read'] }, says: ['"Scopes"', 'Did you mean "scopes"?'] },
    { departures: { scopes: 'read' }, says: ['mint.scopes must be a list of strings, not a string'] },
    { departures: { scopes: [7] }, says: ['mint.scopes[0] must be a string, not a number'] },
    { departures: { audience: 7 }, says: ['mint.audience must be a list of strings, not a number'] },
    { departures: { hops: -1 }, says: ['mint.hops must be a whole number, 0 or more'] },
    { departures: { agent: true }, says: ['mint.agent can only be false', 'not a boolean'] },
    { departures: { agent: 'agent-1' }, says: ['mint.agent can only be false', 'not a string'] },
    { departures: { expired: 'yes' }, says: ['mint.expired must be true or false'] },
    { departures: { lifetimeSeconds: '60' }, says: ['mint.lifetimeSeconds', 'seconds', 'not a string'] },
    { departures: { key: 'wrong' }, says: ["mint.key must be one of 'current', 'previous'"] },
    { departures: { key: undefined }, says: ['mint.key is undefined'] },
    { departures: { claims: [] }, says: ['mint.claims must be an object of claims, not a list'] },
    { departures: ['read'], says: ['mint must be an object, not a list'] },
    { departures: 'user-2', says: ['mint must be an object, not a string'] },
  ])('of an unknown name or a wrong type is an error: $departures', async ({ departures, says }) => {
    const minted = issuer.mint(departures as MandateDepartures)
    await expect(minted).rejects.toBeInstanceOf(TypeError)
    for (const part of says) await expect(minted).rejects.toThrow(part)
  })

  it('is read of own members alone, and so are the options of an issuer', async () => {
    const inherited: Record<string, unknown> = {
      ...{ expired: true, key: 'forged', claims: { sub: 'x' }, audience: 'resource://polluted' },
      ...{ issuer: 'https://polluted.test', zoneId: 'polluted', retirePrevious: true },
    }
    for (const [name, value] of Object.entries(inherited)) {
      Object.defineProperty(Object.prototype, name, { value, configurable: true })
    }
    try {
      const own = createTestIssuer({})
      expect([own.issuer, own.zoneId, own.audience]).toEqual([
        ...['https://sts.test', 'zone-1', 'resource://api'],
      ])
      const claims = decodeJwt(await own.mint({}))
      expect(claims).toMatchObject({ sub: 'user-1', aud: ['resource://api'] })
      expect(Number(claims.exp)).toBeGreaterThan(Date.now() / 1000)
      await own.rotate({})
      expect((await own.jwks()).keys).toHaveLength(2)
    } finally {
      for (const name of Object.keys(inherited)) Reflect.deleteProperty(Object.prototype, name)
    }
  })

  it.each<{ options: unknown; says: string }>([
    { options: { zone: 'zone-2' }, says: 'Unknown option "zone"' },
    { options: { zone_id: 'zone-2' }, says: 'Did you mean "zoneId"?' },
    { options: { issuer: 'sts.test' }, says: 'issuer must be a complete URL' },
    { options: { audience: undefined }, says: 'audience is undefined' },
    { options: 'https://sts.test', says: 'must be an object, not a string' },
  ])('in the options of an issuer is a CaracalConfigError if it is wrong: $options', ({ options, says }) => {
    expect(() => createTestIssuer(options as TestIssuerOptions)).toThrow(CaracalConfigError)
    expect(() => createTestIssuer(options as TestIssuerOptions)).toThrow(says)
  })

  it('in the number of hops creates a chain with as many, the application of the subject first', async () => {
    const claims = await claimsOf(issuer, { hops: 3 })
    const chain = claims.delegation_chain as readonly Record<string, unknown>[]
    const path = claims.delegation_path as readonly unknown[]
    expect(claims.hop_count).toBe(3)
    expect(chain.map((link) => link.application_id)).toEqual(['app-4', 'app-3', 'app-2', 'app-1'])
    expect(chain.map((link) => link.delegation_edge_id)).toEqual([...path, undefined])
    expect(new Set(path).size).toBe(3)
    expect([claims.delegation_edge_id, claims.source_session_id]).toEqual([
      path[2],
      chain[2]?.agent_session_id,
    ])
    expect([claims.agent_session_id, claims.target_session_id]).toEqual([
      chain[3]?.agent_session_id,
      chain[3]?.agent_session_id,
    ])
    expect(await verdict(issuer, await issuer.mint({ hops: 3 }))).toBe('admit')
  })

  it('in time: expired a minute ago, or with a lifetime in seconds', async () => {
    vi.useFakeTimers({ toFake: ['Date'] })
    vi.setSystemTime(1_800_000_000_000)
    expect((await claimsOf(issuer, { expired: true })).exp).toBe(1_800_000_000 - 60)
    vi.useRealTimers()
    expect(await verdict(issuer, await issuer.mint({ expired: true }))).toBe('expired')
    const short = await claimsOf(issuer, { lifetimeSeconds: 5 })
    expect(Number(short.exp) - Number(short.iat)).toBe(5)
    const shortAndOver = await claimsOf(issuer, { lifetimeSeconds: 5, expired: true })
    expect(Number(shortAndOver.exp) - Number(shortAndOver.iat)).toBe(5)
  })

  it.each([
    { key: 'current', reason: 'admit' },
    { key: 'forged', reason: 'bad_signature' },
    { key: 'unknown', reason: 'unknown_key' },
  ] as const)('in the key: $key → $reason', async ({ key, reason }) => {
    const token = await issuer.mint({ key })
    expect(await verdict(issuer, token)).toBe(reason)
    const published = (await issuer.jwks()).keys.map(({ kid }) => kid)
    expect(published.includes(decodeProtectedHeader(token).kid)).toBe(key !== 'unknown')
  })
})
