// Which zone's keys verify a mandate: the configuration decides, and a claim only selects one of its zones.

import { type CaracalOptions, createMandateVerifier } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { createSigner } from '../support/signer.ts'
import { createZones } from '../support/zones.ts'

const { one, two, keySet } = createZones()
const BOTH: Partial<CaracalOptions> = { expectedZoneId: ['zone-1', 'zone-2'] }
const TURNED: Partial<CaracalOptions> = { expectedZoneId: ['zone-2', 'zone-1'] }

async function verdictOn(token: string, options: Partial<CaracalOptions>): Promise<string> {
  const decision = await createMandateVerifier({ ...one.options, keySet, ...options }).authorizeToken(token)
  return decision.outcome === 'admit' ? decision.mandate.zoneId : decision.reason
}

describe('with one zone', () => {
  it('a mandate of that zone is admitted', async () => {
    expect(await verdictOn(await one.mint(), {})).toBe('zone-1')
  })

  it('a mandate that another zone signed is not, whatever it claims', async () => {
    expect(await verdictOn(await two.mint(), {})).toBe('unknown_key')
    expect(await verdictOn(await two.mint({ claims: { zone_id: 'zone-1' } }), {})).toBe('unknown_key')
  })

  it.each(['zone-2', 'Zone-1', 'zone-1 ', ' zone-1', 'zone-1\u0000', 'zone\u20101', 'zone-', 'zone-11'])(
    'a mandate that it signed for %j is refused',
    async (zoneId) => {
      expect(await verdictOn(await one.mint({ claims: { zone_id: zoneId } }), {})).toBe('invalid_zone')
    },
  )
})

describe.each([
  { order: 'in order', options: BOTH },
  { order: 'turned round', options: TURNED },
])('with several zones $order', ({ options }) => {
  it('mandates of each are admitted', async () => {
    expect(await verdictOn(await one.mint(), options)).toBe('zone-1')
    expect(await verdictOn(await two.mint(), options)).toBe('zone-2')
  })

  it.each([
    { title: "zone-1's keys cannot speak for zone-2", by: one, claims: { zone_id: 'zone-2' } },
    { title: "zone-2's keys cannot speak for zone-1", by: two, claims: { zone_id: 'zone-1' } },
  ])('$title', async ({ by, claims }) => {
    expect(await verdictOn(await by.mint({ claims }), options)).toBe('unknown_key')
  })

  it.each<{ title: string; claims: { zone_id: unknown }; answers: readonly string[] }>([
    {
      title: 'that is not among them',
      claims: { zone_id: 'zone-3' },
      answers: ['invalid_zone', 'unknown_key'],
    },
    { title: 'that is not a string', claims: { zone_id: 7 }, answers: ['invalid_claims', 'unknown_key'] },
    { title: 'that is absent', claims: { zone_id: undefined }, answers: ['invalid_claims', 'unknown_key'] },
    { title: 'named __proto__', claims: { zone_id: '__proto__' }, answers: ['invalid_zone', 'unknown_key'] },
  ])('a zone $title is refused', async ({ claims, answers }) => {
    expect(answers).toContain(await verdictOn(await one.mint({ claims }), options))
  })

  it.each([' ', '[]', 'null', 'no JSON'])(
    'the payload %j, which claims no zone, is refused',
    async (payload) => {
      const token = await (await createSigner()).sign(payload)
      expect(await verdictOn(token, options)).toBe('invalid_claims')
    },
  )
})

it('a mandate is verified with the keys of the zone that it claims, not with those of the first', async () => {
  const asked: string[] = []
  const fetch: CaracalOptions['keySet'] = {
    async fetch(url, init) {
      asked.push(String(new URL(url).searchParams.get('zone_id')))
      return keySet.fetch?.(url, init) ?? new Response(null, { status: 404 })
    },
  }
  await verdictOn(await two.mint(), { ...BOTH, keySet: fetch })
  expect(asked).toEqual(['zone-2'])
})
