// Which keys verify a token: those of its zone, if that is configured, or the inline keys.

import { type CaracalOptions, createMandateVerifier, type InlineKeySet } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import {
  CLAIMS,
  currentKey,
  scriptedIssuer,
  strangersToken,
  unsigned,
  verdict,
} from '../support/scripted-issuer.ts'

holdClock()

/** Two zones of one issuer, each with keys of its own, and a guard that serves both. */
function twoZones() {
  const a = scriptedIssuer({ zoneId: 'zone-a' })
  const b = scriptedIssuer({ zoneId: 'zone-b' })
  a.answer(async (url) => Response.json(await (url.endsWith('zone_id=zone-b') ? b : a).jwks()))
  const guard = a.guard({ expectedZoneId: ['zone-a', 'zone-b'] })
  const zonesAsked = () => a.requests.map(({ url }) => new URL(url).searchParams.get('zone_id'))
  return { a, b, guard, zonesAsked }
}

describe('with several zones', () => {
  it('the claimed zone selects the key set, and no other is fetched', async () => {
    const { b, guard, zonesAsked } = twoZones()
    expect(await verdict(guard, await b.mint())).toBe('admit')
    expect(zonesAsked()).toEqual(['zone-b'])
  })

  it('mandates of each zone are admitted', async () => {
    const { a, b, guard, zonesAsked } = twoZones()
    expect(await verdict(guard, await a.mint())).toBe('admit')
    expect(await verdict(guard, await b.mint())).toBe('admit')
    expect(zonesAsked()).toEqual(['zone-a', 'zone-b'])
  })

  it("a zone's key cannot sign for another zone", async () => {
    const { a, b, guard } = twoZones()
    expect(await verdict(guard, await a.mint({ claims: { zone_id: 'zone-b' } }))).toBe('unknown_key')
    expect(await verdict(guard, await b.mint({ claims: { zone_id: 'zone-a' } }))).toBe('unknown_key')
  })

  it('even if both zones use the same key id', async () => {
    const { a, b, guard } = twoZones()
    const [keyOfA, keyOfB] = [await currentKey(a), await currentKey(b)]
    a.answer(async (url) =>
      Response.json({ keys: [url.endsWith('zone-b') ? { ...keyOfB, kid: keyOfA.kid } : keyOfA] }),
    )
    expect(await verdict(guard, await a.mint())).toBe('admit')
    expect(await verdict(guard, await a.mint({ claims: { zone_id: 'zone-b' } }))).toBe('bad_signature')
  })

  it('another zone is a wrong zone if the first one has signed', async () => {
    const { a, guard, zonesAsked } = twoZones()
    expect(await verdict(guard, await a.mint({ claims: { zone_id: 'zone-c' } }))).toBe('invalid_zone')
    expect(zonesAsked(), 'never the zone of a stranger').toEqual(['zone-a'])
  })

  it.each([
    [
      'another zone has signed',
      'unknown_key',
      (zones: ReturnType<typeof twoZones>) => zones.b.mint({ claims: { zone_id: 'c' } }),
    ],
    [
      'a stranger has',
      'bad_signature',
      ({ a }: ReturnType<typeof twoZones>) => a.mint({ key: 'forged', claims: { zone_id: 'c' } }),
    ],
  ])('another zone is an invalid token if %s', async (_, reason, token) => {
    const zones = twoZones()
    expect(await verdict(zones.guard, await token(zones))).toBe(reason)
    expect(zones.zonesAsked()).toEqual(['zone-a'])
  })

  it.each([
    ['no zone', { zone_id: undefined }],
    ['an empty one', { zone_id: '' }],
    ['one that is not a string', { zone_id: ['zone-b'] }],
    ['a name from a prototype', { zone_id: '__proto__' }],
  ])('a token that claims %s is verified with the keys of the first', async (_, claims) => {
    const { a, guard, zonesAsked } = twoZones()
    await verdict(guard, await a.mint())
    const { kid } = await currentKey(a)
    expect(await verdict(guard, unsigned({ alg: 'ES256', kid }, { ...CLAIMS, ...claims }))).toBe(
      'bad_signature',
    )
    expect(zonesAsked()).toEqual(['zone-a'])
  })

  it.each([
    ['one that is not JSON', 'abcd'],
    ['one that is not an object', 'bnVsbA'],
    ['one that is not base64url, by its length', 'abcde'],
    ['one letter', 'a'],
  ])('a token whose payload is %s is verified with the keys of the first', async (_, payload) => {
    const { a, guard, zonesAsked } = twoZones()
    await verdict(guard, await a.mint())
    const token = unsigned({ alg: 'ES256', kid: (await currentKey(a)).kid }).replace(/\..*\./, `.${payload}.`)
    expect(await verdict(guard, token)).toBe('bad_signature')
    expect(zonesAsked()).toEqual(['zone-a'])
  })

  it('an unknown key in one zone does not prevent the search for one in another', async () => {
    const { a, b, guard, zonesAsked } = twoZones()
    await guard.warmup()
    later(1)
    await verdict(guard, await a.mint({ key: 'unknown' }))
    await verdict(guard, await b.mint({ key: 'unknown' }))
    expect(zonesAsked().slice(2)).toEqual(['zone-a', 'zone-b'])
  })
})

describe('with one zone', () => {
  it('a mandate of another zone is a wrong zone', async () => {
    const sts = scriptedIssuer()
    expect(await verdict(sts.guard(), await sts.mint({ claims: { zone_id: 'zone-2' } }))).toBe('invalid_zone')
    expect(sts.requests).toHaveLength(1)
  })
})

describe('with inline keys', () => {
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  async function inlineGuard(sts = createTestIssuer()) {
    const fetched = vi.fn()
    vi.stubGlobal('fetch', fetched)
    const jwks: InlineKeySet = await sts.jwks()
    const guard = createMandateVerifier({ ...sts.options, keySet: { jwks } })
    return { sts, guard, jwks, fetched }
  }

  it('nothing is ever fetched', async () => {
    const { sts, guard, fetched } = await inlineGuard()
    await guard.warmup()
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(await verdict(guard, strangersToken())).toBe('unknown_key')
    expect(fetched).not.toHaveBeenCalled()
  })

  it('a key that is not among them is unknown, even after a rotation', async () => {
    const { sts, guard, fetched } = await inlineGuard()
    await sts.rotate()
    expect(await verdict(guard, await sts.mint())).toBe('unknown_key')
    expect(await verdict(guard, await sts.mint({ key: 'previous' }))).toBe('admit')
    expect(fetched).not.toHaveBeenCalled()
  })

  it('a foreign signature under a known key id is refused', async () => {
    const { sts, guard } = await inlineGuard()
    expect(await verdict(guard, await sts.mint({ key: 'forged' }))).toBe('bad_signature')
  })

  it('later changes to the given object have no effect', async () => {
    const { sts, guard, jwks } = await inlineGuard()
    const intruder = createTestIssuer()
    const keys = jwks.keys as object[]
    Object.assign(keys[0] ?? {}, await currentKey(intruder), { kid: (await currentKey(sts)).kid })
    keys.push(await currentKey(intruder))
    expect(await verdict(guard, await intruder.mint())).toBe('unknown_key')
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('two keys with one id are an outage: it is not known which one is meant', async () => {
    const [sts, other] = [createTestIssuer(), createTestIssuer()]
    const key = await currentKey(sts)
    const keys = [key, { ...(await currentKey(other)), kid: key.kid }]
    const guard = createMandateVerifier({ ...sts.options, keySet: { jwks: { keys } } })
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
  })

  it('guards of the same issuer and zone do not share them', async () => {
    const [one, other] = [await inlineGuard(), await inlineGuard()]
    const token = await one.sts.mint()
    expect(await verdict(one.guard, token)).toBe('admit')
    expect(await verdict(other.guard, token)).toBe('unknown_key')
  })

  it('a mandate of another zone is a wrong zone', async () => {
    const { sts, guard } = await inlineGuard()
    expect(await verdict(guard, await sts.mint({ claims: { zone_id: 'zone-2' } }))).toBe('invalid_zone')
  })

  it.each<[string, Partial<CaracalOptions>]>([
    ['several zones', { expectedZoneId: ['zone-1', 'zone-2'] }],
    ['a route of another zone', { routes: { '/x': { expectedZoneId: 'zone-2' } } }],
    ['a route of another issuer', { routes: { '/x': { issuer: 'https://other.test' } } }],
  ])('%s with them is a mistake: it is not known whose keys they are', async (_, beside) => {
    const sts = createTestIssuer()
    const keySet = { jwks: await sts.jwks() }
    expect(() => createMandateVerifier({ ...sts.options, ...beside, keySet })).toThrow(/keys of one zone/)
  })
})
