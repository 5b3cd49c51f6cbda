// `createTestIssuer` as a service: the key set it serves, the rotation of its keys, and what it revokes.

import { createMandateVerifier, InMemoryRevocationStore } from 'caracal-edge'
import { createTestIssuer, type TestIssuer } from 'caracal-edge/testing'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { describe, expect, it } from 'vitest'

const JWKS = 'https://sts.test/.well-known/jwks.json'

async function verdict(issuer: TestIssuer, token: string): Promise<string> {
  const keySet = { ...issuer.options.keySet, maxAgeMs: 0, cooldownMs: 0 }
  const verifier = createMandateVerifier({ ...issuer.options, keySet, verifiedTokenCache: false })
  const decision = await verifier.authorizeToken(token)
  return decision.outcome === 'deny' ? decision.reason : decision.outcome
}

describe('the handler', () => {
  const issuer = createTestIssuer()

  it('serves the key set of its zone as the STS does (protocol §2)', async () => {
    const response = await issuer.handler(new Request(`${JWKS}?zone_id=zone-1`))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(response.headers.get('cache-control')).toBe('public, max-age=300, must-revalidate')
    const text = expect.stringMatching(/^[\w-]+$/)
    const key = { kty: 'EC', crv: 'P-256', use: 'sig', alg: 'ES256', kid: text, x: text, y: text }
    expect(await response.json()).toEqual({ keys: [key] })
  })

  it('serves what jwks() gives, without any private part', async () => {
    const served = await (await issuer.handler(new Request(`${JWKS}?zone_id=zone-1`))).json()
    expect(served).toEqual(await issuer.jwks())
    expect(JSON.stringify(served)).not.toContain('"d"')
  })

  it.each([
    { request: new Request(JWKS), status: 400 },
    { request: new Request(`${JWKS}?zone_id=`), status: 400 },
    { request: new Request(`${JWKS}?zone_id=zone-2`), status: 404 },
    { request: new Request('https://sts.test/?zone_id=zone-1'), status: 404 },
    { request: new Request('https://sts.test/jwks.json?zone_id=zone-1'), status: 404 },
    { request: new Request(`${JWKS}/x?zone_id=zone-1`), status: 404 },
    { request: new Request(`${JWKS}?zone_id=zone-1`, { method: 'POST' }), status: 404 },
  ])('answers $request.method $request.url with $status', async ({ request, status }) => {
    expect((await issuer.handler(request)).status).toBe(status)
  })

  it('finds its zone whatever characters its id contains', async () => {
    const odd = createTestIssuer({ zoneId: 'zone/1&more' })
    expect(await verdict(odd, await odd.mint())).toBe('admit')
  })

  it('serves below the path of its issuer', async () => {
    const nested = createTestIssuer({ issuer: 'https://sts.test/eu' })
    expect(await verdict(nested, await nested.mint())).toBe('admit')
  })
})

describe('rotate', () => {
  it('signs with a new key and serves both', async () => {
    const issuer = createTestIssuer()
    const before = await issuer.mint()
    await issuer.rotate()
    const after = await issuer.mint()
    const kids = [before, after].map((token) => decodeProtectedHeader(token).kid)
    expect(new Set(kids).size).toBe(2)
    expect((await issuer.jwks()).keys.map(({ kid }) => kid).sort()).toEqual(kids.sort())
    expect([await verdict(issuer, before), await verdict(issuer, after)]).toEqual(['admit', 'admit'])
    expect(await verdict(issuer, await issuer.mint({ key: 'previous' }))).toBe('admit')
  })

  it('serves at most the newest two keys', async () => {
    const issuer = createTestIssuer()
    const first = await issuer.mint()
    await issuer.rotate()
    await issuer.rotate()
    expect((await issuer.jwks()).keys).toHaveLength(2)
    expect(await verdict(issuer, first)).toBe('unknown_key')
  })

  it('with retirePrevious serves only the new key', async () => {
    const issuer = createTestIssuer()
    const before = await issuer.mint()
    await issuer.rotate({ retirePrevious: true })
    expect((await issuer.jwks()).keys).toHaveLength(1)
    expect(await verdict(issuer, before)).toBe('unknown_key')
    expect(await verdict(issuer, await issuer.mint())).toBe('admit')
  })

  it("is necessary before key: 'previous'", async () => {
    const issuer = createTestIssuer()
    await expect(issuer.mint({ key: 'previous' })).rejects.toThrow(/rotate/)
    await issuer.rotate({ retirePrevious: true })
    await expect(issuer.mint({ key: 'previous' })).rejects.toThrow(/rotate/)
  })
})

describe('revoke', () => {
  it('revokes that mandate and every other of its session', async () => {
    const issuer = createTestIssuer()
    const [token, sibling, other] = [
      await issuer.mint({ claims: { sid: 'sid-7' } }),
      await issuer.mint({ claims: { sid: 'sid-8', root_sid: 'sid-7' } }),
      await issuer.mint(),
    ]
    await issuer.revoke(token)
    const verdicts = [token, sibling, other].map((each) => verdict(issuer, each))
    expect(await Promise.all(verdicts)).toEqual(['session_revoked', 'session_revoked', 'admit'])
  })

  it('marks the session in its revocations, which any guard can use', async () => {
    const issuer = createTestIssuer()
    expect(issuer.revocations).toBeInstanceOf(InMemoryRevocationStore)
    const token = await issuer.mint()
    await issuer.revoke(token)
    const anchors = [String(decodeJwt(token).sid)]
    expect(issuer.revocations.lookup({ anchors, zoneId: undefined })).toEqual({
      revoked: true,
      delegationEpoch: 0,
    })
  })

  it('throws if there is no session to revoke', async () => {
    const issuer = createTestIssuer()
    const token = await issuer.mint({ claims: { sid: undefined } })
    await expect(issuer.revoke(token)).rejects.toThrow('a whole mandate with a sid')
  })
})

describe('an issuer is independent:', () => {
  it('another one with the same name has other keys and revocations', async () => {
    const [one, other] = [createTestIssuer(), createTestIssuer()]
    const token = await one.mint({ claims: { sid: 'sid-7' } })
    await other.revoke(await other.mint({ claims: { sid: 'sid-7' } }))
    expect(await verdict(one, token)).toBe('admit')
    expect(await verdict(other, token)).toBe('unknown_key')
  })

  it('changes to a key set that it returned do not change its keys', async () => {
    const issuer = createTestIssuer()
    const { keys } = await issuer.jwks()
    for (const key of keys) Object.assign(key, { x: 'changed' })
    keys.length = 0
    expect(await verdict(issuer, await issuer.mint())).toBe('admit')
  })

  it('mint does not change the claims that it gets', async () => {
    const departures = Object.freeze({
      audience: Object.freeze(['resource://api']),
      scopes: Object.freeze(['a']),
    })
    await expect(createTestIssuer().mint(departures)).resolves.toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/)
  })
})
