// What is stored in a shared cache of key sets, under which name, and who reads it.

import { describe, expect, it } from 'vitest'
import { aWhile, holdClock, later } from '../support/held-clock.ts'
import { filled, freshIsolate, MAX_STALE_MS, recordedCache, TIMES } from '../support/isolates.ts'
import { currentKey, scriptedIssuer } from '../support/scripted-issuer.ts'

holdClock()

describe('what is stored', () => {
  it('is the keys with issuer, zone, URL and time of the fetch, for as long as it can be of use', async () => {
    const { sts, cache } = await filled()
    const [write] = cache.writes
    expect(cache.writes).toHaveLength(1)
    expect(write?.ttlSeconds).toBe(MAX_STALE_MS / 1000)
    expect(JSON.parse(write?.text ?? '')).toEqual({
      issuer: sts.issuer,
      zone: sts.zoneId,
      url: sts.requests[0]?.url,
      fetchedAt: Date.now() - 1,
      keys: (await sts.jwks()).keys,
    })
  })

  it('has the time at which the fetch began', async () => {
    const sts = scriptedIssuer()
    const startedAt = Date.now()
    sts.answer(async () => {
      later(1_000)
      return Response.json(await sts.jwks())
    })
    const { cache } = await filled(sts)
    expect(JSON.parse(cache.writes[0]?.text ?? '')).toMatchObject({ fetchedAt: startedAt })
  })

  it('is nothing if the STS publishes a private key, or no set at all, or a very large one', async () => {
    const key = await currentKey(scriptedIssuer())
    const others = Array.from({ length: 500 }, (_, index) => ({ ...key, kid: `other-${index}` }))
    for (const keys of [[key, { ...key, kid: 'private', d: key.x }], [], others]) {
      const sts = scriptedIssuer()
      sts.serve(keys)
      const cache = recordedCache()
      await freshIsolate(sts, { ...TIMES, cache })
        .warmup()
        .catch(() => {})
      await aWhile(5)
      expect(cache.writes).toEqual([])
    }
  })

  it('is under a bounded name without any text of the configuration', async () => {
    const issuer = `https://sts.test/${'x'.repeat(500)}`
    const { cache } = await filled(scriptedIssuer({ issuer, zoneId: '../../zone"ü"' }))
    expect([...cache.entries.keys()].join()).toMatch(/^[a-z0-9-]{1,80}$/)
  })

  it('has a name of its own for each issuer, zone and URL', async () => {
    const cache = recordedCache()
    const url = 'https://sts.test/jwks.json'
    const places = [
      {},
      { issuer: 'https://other.test' },
      { expectedZoneId: 'zone-2' },
      { keySet: { url } },
      { keySet: { url }, issuer: 'https://other.test' },
      { keySet: { url: `${url}?zone_id=zone-1` } },
      { keySet: { url: `${url}?zone_id=zone-2` }, expectedZoneId: 'zone-2' },
      { issuer: 'https://a.test/b', expectedZoneId: 'c' },
      { issuer: 'https://a.test', expectedZoneId: 'b/c' },
      { issuer: 'https://a.test', expectedZoneId: 'b%2Fc' },
    ]
    const sts = scriptedIssuer()
    const names = new Set<string | undefined>()
    for (const { keySet, ...place } of places) {
      await sts.guard({ ...place, keySet: { ...TIMES, ...keySet, cache } }).warmup()
      names.add(cache.reads.at(-1))
    }
    // One URL with zone_id and one without lead to the same place.
    expect(names.size).toBe(places.length - 1)
  })

  it('of one zone is not read for another', async () => {
    const { sts, cache } = await filled()
    const [text = ''] = cache.entries.values()
    const foreign = recordedCache({ get: () => text })
    for (const departure of [{ issuer: 'https://other.test' }, { expectedZoneId: 'zone-2' }]) {
      const guard = sts.guard({ ...departure, keySet: { cache: foreign } })
      const before = sts.requests.length
      await guard.warmup()
      expect(sts.requests.length - before).toBe(1)
    }
  })
})

describe('a key set is shared', () => {
  it('by guards with the same cache, and not with another', async () => {
    const sts = scriptedIssuer()
    const [one, other] = [recordedCache(), recordedCache()]
    for (const cache of [one, one, other]) await sts.guard({ keySet: { cache } }).warmup()
    expect([one.reads.length, other.reads.length]).toEqual([1, 1])
    await sts.guard().warmup()
    expect(sts.requests).toHaveLength(3)
  })
})
