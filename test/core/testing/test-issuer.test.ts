// `createTestIssuer`: the contract that tests of guarded handlers build on.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer, type MandateDepartures, type TestIssuer } from 'caracal-edge/testing'
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
    { departures: { audience: 'x', target: ['y'] }, claims: { aud: ['x'], target: ['y'] } },
    { departures: { aud: 'resource://b' }, claims: { aud: 'resource://b', target: ['resource://api'] } },
    { departures: { scopes: ['a', 'b'] }, claims: { scope: 'a b' } },
    { departures: { scopes: [] }, claims: { scope: undefined } },
    { departures: { scope: 'a  b' }, claims: { scope: 'a  b' } },
    {
      departures: { sub: 'user-7', sub_type: 'application' },
      claims: { sub: 'user-7', sub_type: 'application' },
    },
    { departures: { jti: undefined }, claims: { jti: undefined } },
    { departures: { jti: null }, claims: { jti: null } },
    { departures: { hop_count: 7 }, claims: { hop_count: 7 } },
    { departures: { more: { deep: [1] } }, claims: { more: { deep: [1] } } },
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

  it('with scopes in a single string is an error', async () => {
    await expect(issuer.mint({ scopes: 'read' } as unknown as MandateDepartures)).rejects.toThrow(/list/)
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
