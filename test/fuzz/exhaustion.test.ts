// How much work a stranger can cause: how often the guard parses, fetches, imports, verifies and asks.

import type { CaracalOptions } from 'caracal-edge'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { CALM_OPTIONS, MANDATE } from './calm.ts'
import { forge } from './forge.ts'
import { guardWith, watchTheGuard } from './guard.ts'
import { KID, keyOf, keySetOf, newKey } from './keys.ts'
import { GOOD, ZONES } from './mandates.ts'

watchTheGuard()

const [zone] = ZONES
const key = keyOf(zone)
const [HEADER = '', , SIGNATURE = ''] = MANDATE.split('.')
const encoded = (text: string) => Buffer.from(text).toString('base64url')
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

let parse: MockInstance<typeof JSON.parse>
let verify: MockInstance
let importKey: MockInstance
beforeEach(() => {
  parse = vi.spyOn(JSON, 'parse')
  verify = vi.spyOn(crypto.subtle, 'verify')
  importKey = vi.spyOn(crypto.subtle, 'importKey')
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** A guard that keeps account of what it does. */
function accountant(options: Partial<CaracalOptions> = {}, body = keySetOf(key)) {
  const fetch = vi.fn(async () => new Response(body))
  const lookup = vi.fn(() => ({ revoked: false, delegationEpoch: 0 }))
  const guard = guardWith({
    ...CALM_OPTIONS,
    expectedZoneId: zone,
    keySet: { fetch },
    revocations: { lookup },
    ...options,
  })
  return {
    async answer(authorization: string, path?: string) {
      parse.mockClear()
      const answer = await guard.answer(authorization, path)
      // The last one is the test's own, of a refusal.
      const texts = parse.mock.calls.map(([text]) => String(text)).filter((text) => !text.includes('"error"'))
      return {
        answer,
        parsed: texts.reduce((sum, text) => sum + text.length, 0),
        fetched: fetch.mock.calls.length,
        imported: importKey.mock.calls.length,
        verified: verify.mock.calls.length,
        asked: lookup.mock.calls.length,
      }
    },
  }
}

const NOTHING = { parsed: 0, fetched: 0, imported: 0, verified: 0, asked: 0 }

describe('nothing at all is done for', () => {
  const credentials: readonly (readonly [title: string, authorization: string, answer: string])[] = [
    ['four megabytes', `Bearer ${'A'.repeat(4_194_304)}`, 'invalid_token'],
    [
      'four megabytes in the right form',
      `Bearer ${HEADER}.${'A'.repeat(4_194_304)}.${SIGNATURE}`,
      'invalid_token',
    ],
    ['a long header in the right form', `Bearer ${'A'.repeat(32_000)}.e30.${SIGNATURE}`, 'invalid_token'],
    ['two million dots', `Bearer ${'.'.repeat(2_000_000)}`, 'invalid_token'],
    ['two million empty segments of a mandate', `Bearer ${HEADER}${'.'.repeat(2_000_000)}`, 'invalid_token'],
    ['a million blanks before a mandate', `Bearer ${' '.repeat(1_000_000)}${MANDATE} x`, 'invalid_token'],
    ['three thousand mandates', `Bearer ${`${MANDATE}, Bearer `.repeat(3_000)}`, 'invalid_token'],
    ['a million blanks and nothing else', `Bearer ${' '.repeat(1_000_000)}`, 'missing_token'],
    ['a million letters of another scheme', 'Bearer'.repeat(200_000), 'missing_token'],
  ]

  it.each(credentials)('%s', async (_, authorization, answer) => {
    expect(await accountant().answer(authorization)).toEqual({ ...NOTHING, answer })
  })
})

describe('of a stranger with a well-formed token', () => {
  const HUGE = encoded(`{"zone_id":"${zone}","x":${nested(12_000)}}`)

  it('the header alone is parsed before a key is found if the payload is long, with one zone or several', async () => {
    const stranger = `Bearer ${encoded('{"alg":"ES256","kid":"of nobody"}')}.${HUGE}.${SIGNATURE}`
    const one = await accountant().answer(stranger)
    expect(one).toMatchObject({ answer: 'invalid_token', fetched: 1, imported: 1, verified: 0, asked: 0 })
    expect(one.parsed).toBeLessThan(2_048)
    const several = await accountant({ expectedZoneId: [...ZONES] }).answer(stranger)
    expect(several).toMatchObject({ answer: 'invalid_token', fetched: 1, imported: 2, verified: 0, asked: 0 })
    expect(several.parsed).toBeLessThan(2_048)
  })

  it('one signature is verified, and neither is the payload parsed nor the store asked', async () => {
    const { answer, parsed, verified, asked } = await accountant().answer(
      `Bearer ${HEADER}.${HUGE}.${SIGNATURE}`,
    )
    expect({ answer, verified, asked }).toEqual({ answer: 'invalid_token', verified: 1, asked: 0 })
    expect(parsed).toBeLessThan(1_000)
  })

  it.each([
    ['nested lists', '['.repeat(1_500)],
    ['nested lists in a member', `{"alg":"ES256","kid":"${KID}","x":${nested(700)}}`],
    ['a hundred members of each name', `{${'"alg":"ES256","kid":"x",'.repeat(60)}"typ":"JWT"}`],
    ['numbers of a thousand digits', `{"alg":"ES256","kid":"x","exp":${'9'.repeat(1_400)}}`],
  ])('a header as long as it may be is parsed twice at most: %s', async (_, header) => {
    const account = await accountant().answer(`Bearer ${encoded(header)}.${HUGE}.${SIGNATURE}`)
    expect(account).toMatchObject({ answer: 'invalid_token', asked: 0 })
    expect(account.fetched).toBeLessThanOrEqual(1)
    expect(account.parsed).toBeLessThan(2 * 2_048)
  })

  it('with a thousand zones, those that they name are fetched, each once, and one for those that name none', async () => {
    const zones = Array.from({ length: 1_000 }, (_, count) => `${zone}-${count}`)
    const { answer } = accountant({ expectedZoneId: zones })
    const claiming = (zoneId: string | undefined) => JSON.stringify({ ...GOOD, zone_id: zoneId })
    const fetchedFor = async (payload: string) => {
      const header = encoded(`{"alg":"ES256","kid":"of nobody"}`)
      return (await answer(`Bearer ${header}.${encoded(payload)}.${SIGNATURE}`)).fetched
    }
    for (let count = 0; count < 50; count++) {
      expect(await fetchedFor(claiming(`stranger-${count}`))).toBe(1)
      expect(await fetchedFor(nested(10_000))).toBe(1)
    }
    for (let count = 1; count <= 20; count++) {
      for (let again = 0; again < 3; again++) {
        expect(await fetchedFor(claiming(zones[count]))).toBe(1 + count)
      }
    }
  })

  it('each zone is fetched once, whatever number of keys and zones they name', async () => {
    const { answer } = accountant({ expectedZoneId: [...ZONES] })
    let fetched = 0
    for (let count = 0; count < 300; count++) {
      const header = encoded(`{"alg":"ES256","kid":"${count}"}`)
      const payload = encoded(`{"zone_id":"${[...ZONES, `zone-${count}`][count % 3]}"}`)
      fetched = (await answer(`Bearer ${header}.${payload}.${SIGNATURE}`)).fetched
    }
    expect(fetched).toBeLessThanOrEqual(2 * ZONES.length)
    expect(importKey).not.toHaveBeenCalled()
  })
})

describe('of a holder of a mandate', () => {
  it.each([
    ['200,000 scopes, which are too many', { scope: 'x '.repeat(200_000) }, 'invalid_token'],
    ['as many scopes as fit', { scope: 'x y '.repeat(5_500) }, 'admit'],
    ['as many links as fit', { delegation_chain: new Array(800).fill({ application_id: 'x' }) }, 'admit'],
  ])('%s', async (_, claims, answer) => {
    const token = forge({ ...GOOD, ...claims }, key, { at: 'nothing' })
    const account = await accountant({ requiredScopes: [], maxHopCount: 1_000 }).answer(`Bearer ${token}`)
    const work = answer === 'admit' ? { verified: 1, asked: 1 } : { verified: 0, asked: 0, fetched: 0 }
    expect(account).toMatchObject({ answer, ...work })
    expect(account.parsed).toBeLessThan(32_768)
  })

  it('a claim that is nested as deep as fits', async () => {
    const token = forge(GOOD, key, { at: 'claim', name: 'x', json: nested(11_500) })
    expect(await accountant().answer(`Bearer ${token}`)).toMatchObject({
      answer: 'admit',
      verified: 1,
      asked: 1,
    })
  })

  it.each([
    ['with the memory of verified tokens', {}],
    ['without it', { verifiedTokenCache: false }],
  ] as const)('a path that is held to a thousand rules, %s', async (_, cache) => {
    const routes = Object.fromEntries(Array.from({ length: 1_000 }, (_, count) => [`/r${count}`, {}]))
    const { answer } = accountant({ routes, ...cache })
    const account = await answer(`Bearer ${MANDATE}`, `/%${'25'.repeat(200)}41`)
    expect(account).toMatchObject({ answer: 'admit', fetched: 1, imported: 1, verified: 1, asked: 1 })
  })
})

describe('a key set', () => {
  const jwk = JSON.stringify(key.jwk)

  it('of as many keys as fit has the first imported, and those that mandates name', async () => {
    const others = Array.from({ length: 1_000 }, (_, count) => ({ ...newKey('x').jwk, kid: `${count}` }))
    const body = JSON.stringify({ keys: [...others, key.jwk] })
    const { answer } = accountant({}, body)
    for (let count = 0; count < 20; count++) {
      await answer(
        `Bearer ${encoded(`{"alg":"ES256","kid":"none-${count}"}`)}.${MANDATE.split('.')[1]}.${SIGNATURE}`,
      )
    }
    expect(importKey).toHaveBeenCalledTimes(1)
    for (let count = 0; count < 3; count++) {
      expect(await answer(`Bearer ${MANDATE}`)).toMatchObject({ answer: 'admit', imported: 2, verified: 1 })
    }
  })

  it.each([
    ['a member that is nested 100,000 deep', `{"keys":[${jwk}],"x":${nested(100_000)}}`],
    ['a key that is nested 100,000 deep', `{"keys":[${jwk},{"kid":"${KID}","x":${nested(100_000)}}]}`],
    ['100,000 nested objects', `{"keys":[${jwk},${'{"keys":'.repeat(25_000)}1${'}'.repeat(25_000)}]}`],
  ])('with %s is used or is an outage, and never anything else', async (_, body) => {
    const { answer } = await accountant({}, body).answer(`Bearer ${MANDATE}`)
    expect(['admit', 'keys_unavailable']).toContain(answer)
  })

  it.each([
    ['nested 200,000 deep', nested(200_000)],
    ['too large', `{"keys":[${jwk}],"x":"${'x'.repeat(262_144)}"}`],
  ])('%s is an outage, and nothing of it is kept', async (_, body) => {
    const account = await accountant({}, body).answer(`Bearer ${MANDATE}`)
    expect(account).toMatchObject({
      answer: 'keys_unavailable',
      fetched: 1,
      imported: 0,
      verified: 0,
      asked: 0,
    })
    expect(account.parsed).toBeLessThan(1_000)
  })
})

it('of an answer of the store two members are read, each once, however deep and large it is', async () => {
  const state = {
    revoked: false,
    delegationEpoch: 0,
    x: JSON.parse(nested(200_000)),
    y: 'y'.repeat(10_000_000),
  }
  const seen: PropertyKey[] = []
  const watched = new Proxy(state, {
    get(target, name) {
      seen.push(name)
      return Reflect.get(target, name)
    },
  })
  const { answer } = await accountant({ revocations: { lookup: () => watched } }).answer(`Bearer ${MANDATE}`)
  expect(answer).toBe('admit')
  expect(seen).toEqual(['revoked', 'delegationEpoch'])
})
