// A verified signature serves all guards that have the same keys. Everything else, each guard checks itself.

import { type CaracalOptions, createMandateVerifier, type KeySetOptions } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { polluted } from '../support/pollution.ts'
import { requestWith, scriptedIssuer, verdict } from '../support/scripted-issuer.ts'
import { createSigner } from '../support/signer.ts'

holdClock()

let verify: MockInstance<SubtleCrypto['verify']>
beforeEach(() => {
  verify = vi.spyOn(crypto.subtle, 'verify')
})
afterEach(() => {
  vi.restoreAllMocks()
})
const verifications = () => verify.mock.calls.length

describe('a signature that one guard has verified', () => {
  it('is good for every guard of the same keys, and is checked once', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    for (let count = 0; count < 20; count++) {
      expect(await verdict(sts.guard({ clockToleranceSeconds: count }), token)).toBe('admit')
    }
    expect(verifications()).toBe(1)
  })

  it.each<[string, Partial<CaracalOptions>, string]>([
    ['audience', { audience: 'resource://other' }, 'wrong_audience'],
    ['scopes', { requiredScopes: ['pay'] }, 'insufficient_scope'],
    ['lifetime', { maxLifetimeSeconds: 60 }, 'lives_too_long'],
    ['use', { requiredUse: 'session' }, 'wrong_use'],
    ['targets', { requiredTargets: ['resource://x'] }, 'missing_target'],
    ['store', { revocations: { lookup: () => ({ revoked: true, delegationEpoch: 0 }) } }, 'session_revoked'],
  ])('says nothing of what another guard asks: its %s', async (_, strict, reason) => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    expect(await verdict(sts.guard(), token)).toBe('admit')
    expect(await verdict(sts.guard(strict), token)).toBe(reason)
    expect(verifications()).toBe(1)
  })

  it('ends with its version of the key set, for all of them', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    expect(await verdict(sts.guard(), token)).toBe('admit')
    await sts.rotate({ retirePrevious: true })
    later(300_000)
    expect(await verdict(sts.guard(), token)).toBe('unknown_key')
  })

  it('ends with its mandate, for all of them', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint({ lifetimeSeconds: 2 })
    expect(await verdict(sts.guard(), token)).toBe('admit')
    later(2_000)
    expect(await verdict(sts.guard(), token)).toBe('expired')
  })

  it('gives each guard a mandate of its own', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    const mandates = new Set<unknown>()
    for (let count = 0; count < 3; count++) {
      const decision = await sts.guard().authorizeToken(token)
      mandates.add(decision.outcome === 'admit' && decision.mandate)
    }
    expect(mandates.size).toBe(3)
  })

  it('is not one that a guard with other times or another fetch has for its key set', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    const others: readonly KeySetOptions[] = [
      { maxAgeMs: 200_000 },
      { cooldownMs: 20_000 },
      { fetch: (url, init) => sts.fetch(url, init) },
    ]
    for (const keySet of [{}, ...others]) expect(await verdict(sts.guard({ keySet }), token)).toBe('admit')
    expect(verifications()).toBe(4)
  })
})

describe('the zone is read by each guard itself', () => {
  it('also where the signature was verified by a guard of a single zone', async () => {
    const issuer = createTestIssuer()
    const [one, two] = [await createSigner(issuer), await createSigner(issuer)]
    const keySet: KeySetOptions = {
      fetch: async (url) => {
        const zone = new URL(url).searchParams.get('zone_id') === 'zone-1' ? one : two
        return Response.json(zone.options.keySet.jwks)
      },
    }
    // A name that only a parser recognizes, in a token that the key of zone-1 has signed.
    const claims = JSON.stringify(decodeJwt(await issuer.mint())).replace('"zone_id"', '"zone\\u005fid"')
    const token = await one.sign(claims.replace('"zone-1"', '"zone-2"'))
    const guardOf = (...zones: [string, ...string[]]) =>
      createMandateVerifier({ ...issuer.options, keySet, expectedZoneId: zones })
    for (let count = 0; count < 2; count++) {
      expect(await verdict(guardOf('zone-1'), token)).toBe('invalid_zone')
      expect(await verdict(guardOf('zone-1', 'zone-2'), token)).toBe('unknown_key')
      expect(await verdict(guardOf('zone-2', 'zone-1'), token)).toBe('bad_signature')
    }
  })

  it('and a guard of several zones shares with the guards of each', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    expect(await verdict(sts.guard(), token)).toBe('admit')
    expect(await verdict(sts.guard({ expectedZoneId: ['zone-2', 'zone-1'] }), token)).toBe('admit')
    expect(verifications()).toBe(1)
  })
})

describe('verifiedTokenCache: false', () => {
  it('uses none that another guard has verified', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    await verdict(sts.guard(), token)
    const careful = sts.guard({ verifiedTokenCache: false })
    for (let count = 0; count < 2; count++) expect(await verdict(careful, token)).toBe('admit')
    expect(verifications()).toBe(3)
  })

  it('leaves none for another guard', async () => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    await verdict(sts.guard({ verifiedTokenCache: false }), token)
    await verdict(sts.guard(), token)
    expect(verifications()).toBe(2)
  })
})

describe('maxEntries of guards with the same keys', () => {
  it('is the largest of them, so that no guard takes the room of another', async () => {
    const sts = scriptedIssuer()
    const [small, large] = [1, 3].map((maxEntries) => sts.guard({ verifiedTokenCache: { maxEntries } }))
    const tokens = await Promise.all([sts.mint(), sts.mint(), sts.mint(), sts.mint()])
    if (small === undefined || large === undefined) throw new Error('There are two guards.')
    for (const token of tokens.slice(0, 3)) await verdict(large, token)
    await verdict(small, tokens[2] ?? '')
    for (const token of tokens.slice(0, 3)) await verdict(small, token)
    expect(verifications()).toBe(3)
    await verdict(small, tokens[3] ?? '')
    await verdict(large, tokens[0] ?? '') // the oldest: it has gone
    expect(verifications()).toBe(5)
  })
})

describe('inline keys', () => {
  const inline = async (sts: ReturnType<typeof createTestIssuer>) => ({
    ...sts.options,
    keySet: { jwks: await sts.jwks() },
  })

  it('are one key set for all guards that are given the same keys', async () => {
    const sts = createTestIssuer()
    const token = await sts.mint()
    for (let count = 0; count < 3; count++) {
      expect(await verdict(createMandateVerifier(await inline(sts)), token)).toBe('admit')
    }
    expect(verifications()).toBe(1)
  })

  it('are those that the guard was given, whatever becomes of the object', async () => {
    const sts = createTestIssuer()
    const token = await sts.mint()
    const options = await inline(sts)
    expect(await verdict(createMandateVerifier(options), token)).toBe('admit')
    options.keySet.jwks.keys.splice(0, 1, ...(await createTestIssuer().jwks()).keys)
    expect(await verdict(createMandateVerifier(options), token)).toBe('unknown_key')
  })

  it('differ by their material, also where they have one id', async () => {
    const sts = createTestIssuer()
    const [one, two] = [await createSigner(sts), await createSigner(sts)]
    const token = await one.sign(JSON.stringify(decodeJwt(await sts.mint())))
    expect(await verdict(createMandateVerifier(one.options), token)).toBe('admit')
    expect(await verdict(createMandateVerifier(two.options), token)).toBe('bad_signature')
  })

  it('differ although every object has a toJSON that says otherwise', async () => {
    const sts = createTestIssuer()
    const [one, two] = [await createSigner(sts), await createSigner(sts)]
    const token = await one.sign(JSON.stringify(decodeJwt(await sts.mint())))
    const guards = await polluted({ toJSON: () => 'same' }, async () => [
      createMandateVerifier(one.options),
      createMandateVerifier(two.options),
    ])
    const said: string[] = []
    for (const guard of guards) said.push(await verdict(guard, token))
    expect(said).toEqual(['admit', 'bad_signature'])
  })

  it('are shared again and again, however many sets there have been', async () => {
    const sts = createTestIssuer()
    const token = await sts.mint()
    const options = await inline(sts)
    for (let count = 0; count < 40; count++) {
      const others = [...options.keySet.jwks.keys, { kty: 'EC', crv: 'P-256', kid: `other-${count}` }]
      createMandateVerifier({ ...options, keySet: { jwks: { keys: others } } })
    }
    for (let count = 0; count < 2; count++) {
      expect(await verdict(createMandateVerifier(options), token)).toBe('admit')
    }
    expect(verifications()).toBe(1)
  })
})

it('rules of different issuers have different keys although every object has a toJSON', async () => {
  const sts = scriptedIssuer()
  const other = createTestIssuer({ issuer: 'https://other.test' })
  sts.answer(async (url) => Response.json(await (url.startsWith(other.issuer) ? other : sts).jwks()))
  const guard = await polluted({ toJSON: () => 'same' }, async () =>
    sts.guard({ routes: { '/other': { issuer: other.issuer } } }),
  )
  const decision = await guard.authorize(requestWith(await other.mint(), '/other'))
  expect(decision).toMatchObject({ outcome: 'admit' })
})
