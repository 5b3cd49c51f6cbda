// Key sets shared between isolates: what is stored, and when it is used.

import fc from 'fast-check'
import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { aWhile, deferred, holdClock, later, setBack } from '../support/held-clock.ts'
import { filled, freshIsolate, MAX_AGE_MS, MAX_STALE_MS, recordedCache, TIMES } from '../support/isolates.ts'
import {
  currentKey,
  type ScriptedIssuer,
  scriptedIssuer,
  strangersToken,
  strangersTokens,
  verdict,
  verdicts,
} from '../support/scripted-issuer.ts'
import { createSigner } from '../support/signer.ts'

holdClock()

describe('a fresh isolate', () => {
  it('serves its first request without the STS', async () => {
    const { isolate, token, fetches } = await filled()
    expect(await verdict(isolate(), token)).toBe('admit')
    expect(fetches()).toBe(1)
  })

  it('serves through an outage of the STS', async () => {
    const { sts, isolate, token } = await filled()
    sts.fail()
    expect(await verdict(isolate(), token)).toBe('admit')
  })

  it('serves with a stale set in an outage, as long as an isolate that has fetched it, and no longer', async () => {
    const { sts, first, isolate, token } = await filled()
    sts.fail()
    for (const [wait, answer] of [
      [MAX_AGE_MS, 'admit'],
      [MAX_STALE_MS - MAX_AGE_MS - 2, 'admit'],
      [1, 'keys_unavailable'],
    ] as const) {
      later(wait)
      expect(await verdict(isolate(), token)).toBe(answer)
      expect(await verdict(first, token)).toBe(answer)
    }
  })

  it('fetches if the set is past its age, although it is not yet stale', async () => {
    const { isolate, token, fetches } = await filled()
    later(MAX_AGE_MS - 1)
    expect(await verdict(isolate(), token)).toBe('admit')
    expect(fetches()).toBe(2)
  })

  it('lets the set age from its fetch, not from the reading', async () => {
    const { isolate, token, fetches } = await filled()
    later(MAX_AGE_MS - 2)
    const guard = isolate()
    await guard.warmup()
    expect(fetches(), 'before').toBe(1)
    later(1)
    expect(await verdict(guard, token)).toBe('admit')
    expect(fetches(), 'at its age').toBe(2)
  })

  it('refuses a removed key when the isolate that has fetched the set does', async () => {
    const { sts, isolate, token } = await filled()
    await sts.rotate({ retirePrevious: true })
    later(MAX_AGE_MS - 2)
    const guard = isolate()
    expect(await verdict(guard, token)).toBe('admit')
    later(1)
    expect(await verdict(guard, token)).toBe('unknown_key')
  })

  it('reads once for all requests that wait', async () => {
    const { cache, isolate, token } = await filled()
    const before = cache.reads.length
    expect(await verdicts(isolate(), Array(20).fill(token))).toEqual(['admit'])
    expect(cache.reads.length - before).toBe(1)
  })

  it('warms up from the cache', async () => {
    const { isolate, fetches } = await filled()
    await isolate().warmup()
    expect(fetches()).toBe(1)
  })
})

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

describe('a rotation', () => {
  it('is not hidden by the cached set: an unknown key id goes to the STS, and what comes is stored', async () => {
    const { sts, cache, isolate, fetches } = await filled()
    await sts.rotate()
    const token = await sts.mint()
    expect(await verdict(isolate(), token)).toBe('admit')
    expect(fetches()).toBe(2)
    later(1)
    await aWhile(5)
    expect(cache.writes).toHaveLength(2)
    expect(await verdict(isolate(), token), 'in the next isolate').toBe('admit')
    expect(fetches()).toBe(2)
  })

  it('nor for those who wait for the reading', async () => {
    const { sts, cache, token: known } = await filled()
    const reading = deferred<string | undefined>()
    const slow = recordedCache({ get: () => reading.promise })
    const guard = freshIsolate(sts, { ...TIMES, cache: slow })
    await sts.rotate()
    const first = verdict(guard, known)
    const rotated = verdict(guard, await sts.mint())
    await aWhile()
    later(5)
    reading.resolve([...cache.entries.values()][0])
    expect([await first, await rotated]).toEqual(['admit', 'admit'])
  })

  it('nor for a search that joins a reload', async () => {
    const { sts, first, cache, token } = await filled()
    // Another isolate has renewed the entry; this one has the first set, which is about to end.
    later(MAX_AGE_MS / 2)
    const other = freshIsolate(sts, { ...TIMES, maxAgeMs: 1, cache })
    await other.warmup()
    await aWhile(5)
    const [name = '', text = ''] = [...cache.entries][0] ?? []
    const reading = deferred<string>()
    cache.entries.set(name, reading.promise as never)
    await sts.rotate()
    const rotated = await sts.mint()
    later(MAX_AGE_MS / 2)
    const before = sts.requests.length
    const reloading = verdict(first, token)
    const searching = verdict(first, rotated)
    await aWhile()
    reading.resolve(text)
    expect([await reloading, await searching]).toEqual(['admit', 'admit'])
    expect(sts.requests.length - before).toBe(1)
  })

  it('under the same key id is found at the bad signature', async () => {
    const sts = scriptedIssuer()
    const { isolate } = await filled(sts)
    const { kid } = await currentKey(sts)
    const signer = await createSigner(sts)
    const [jwk] = signer.options.keySet.jwks?.keys ?? []
    const header = JSON.stringify({ alg: 'ES256', typ: 'JWT', kid })
    const token = await signer.sign(JSON.stringify(decodeJwt(await sts.mint())), header)
    sts.serve([{ ...jwk, kid }])
    expect(await verdict(isolate(), token)).toBe('admit')
  })

  it('under the same key id is found although the search joins a reload from the cache', async () => {
    const { sts, cache, first, isolate, token } = await filled()
    later(MAX_AGE_MS / 2)
    cache.entries.clear()
    await isolate().warmup()
    await aWhile(5)
    const [[name, text] = ['', '']] = cache.entries
    const reading = deferred<string>()
    cache.entries.set(name, reading.promise as never)
    const { kid } = await currentKey(sts)
    const signer = await createSigner(sts)
    const [jwk] = signer.options.keySet.jwks?.keys ?? []
    const header = JSON.stringify({ alg: 'ES256', typ: 'JWT', kid })
    const replaced = await signer.sign(JSON.stringify(decodeJwt(token)), header)
    sts.serve([{ ...jwk, kid }])
    later(MAX_AGE_MS / 2 - 2)
    const searching = verdict(first, replaced)
    later(1)
    const reloading = verdict(first, token)
    await aWhile()
    reading.resolve(text)
    expect(await searching).toBe('admit')
    await reloading
  })

  it('that other isolates have noticed is found without the STS at the reload', async () => {
    const { sts, first, isolate, fetches, token } = await filled()
    later(MAX_AGE_MS / 2)
    await sts.rotate({ retirePrevious: true })
    const rotated = await sts.mint({ lifetimeSeconds: 3_600 })
    expect(await verdict(isolate(), rotated)).toBe('admit')
    await aWhile(5)
    later(MAX_AGE_MS / 2)
    expect(fetches()).toBe(2)
    expect(await verdict(first, rotated)).toBe('admit')
    expect(await verdict(first, token)).toBe('unknown_key')
  })
})

describe('the cooldown', () => {
  it('strangers in a fresh isolate cause one reading and one fetch', async () => {
    const { cache, isolate, fetches } = await filled()
    const guard = isolate()
    const reads = cache.reads.length
    expect(await verdicts(guard, strangersTokens(20))).toEqual(['unknown_key'])
    for (let count = 0; count < 20; count++) {
      later(400)
      await verdict(guard, strangersToken())
    }
    expect([cache.reads.length - reads, fetches()]).toEqual([1, 2])
  })

  it('a reading counts as a fetch: in an outage the cache is asked no more often than the STS', async () => {
    const sts = scriptedIssuer()
    sts.fail()
    const cache = recordedCache()
    const guard = freshIsolate(sts, { ...TIMES, cache })
    for (let passed = 0; passed < 60_000; passed += 50) {
      await verdict(guard, strangersToken())
      later(50)
    }
    expect(cache.reads.length).toBe(sts.requests.length)
    expect(cache.reads.length).toBeLessThan(20)
  })

  it('keys that another isolate has fetched end the outage at the next try', async () => {
    const sts = scriptedIssuer()
    sts.fail()
    const cache = recordedCache()
    const guard = freshIsolate(sts, { ...TIMES, cache })
    const token = await sts.mint()
    expect(await verdict(guard, token)).toBe('keys_unavailable')
    sts.serve()
    await freshIsolate(sts, { ...TIMES, cache }).warmup()
    await aWhile(5)
    sts.fail()
    later(450)
    expect(await verdict(guard, token)).toBe('admit')
  })
})

describe('a set of the cache', () => {
  it('that is older than the one at hand is ignored, in an outage too', async () => {
    const { sts, cache, first, token } = await filled()
    const old = new Map(cache.entries)
    later(1_000)
    await sts.rotate({ retirePrevious: true })
    const rotated = await sts.mint({ lifetimeSeconds: 3_600 })
    expect(await verdict(first, rotated)).toBe('admit')
    await aWhile(5)
    for (const [name, text] of old) cache.entries.set(name, text)
    sts.fail()
    later(MAX_AGE_MS)
    expect(await verdict(first, rotated)).toBe('admit')
    // Whether the STS still has it is not known. By the older set it would be admitted.
    expect(await verdict(first, token)).toBe('keys_unavailable')
  })

  it('is not replaced by what the STS has answered before', async () => {
    const { sts, first, isolate, token, fetches } = await filled()
    expect(await verdict(first, token)).toBe('admit')
    const [answer, oldKeys] = [deferred<Response>(), await sts.jwks()]
    sts.answer(() => answer.promise)
    later(MAX_AGE_MS - 1_001)
    expect(await verdict(first, token), 'beside a refresh').toBe('admit')
    await aWhile()
    expect(fetches()).toBe(2)
    later(500)
    await sts.rotate({ retirePrevious: true })
    sts.serve()
    expect(await verdict(isolate(), await sts.mint())).toBe('admit')
    await aWhile(5)
    later(500)
    await first.warmup()
    expect(fetches(), 'none by the first isolate at the end of its set').toBe(3)
    answer.resolve(Response.json(oldKeys))
    await aWhile()
    expect(await verdict(first, token)).toBe('unknown_key')
  })

  it('from the future does not keep a right one from being used later', async () => {
    const { sts, cache, isolate, token } = await filled()
    const [[name, text] = ['', '']] = cache.entries
    const guard = isolate()
    cache.entries.set(name, JSON.stringify({ ...JSON.parse(text), fetchedAt: Date.now() + 3_600_000 }))
    sts.fail()
    expect(await verdict(guard, token)).toBe('keys_unavailable')
    cache.entries.set(name, text)
    later(450)
    expect(await verdict(guard, token)).toBe('admit')
  })

  it('is not used after the clock was set back before its fetch', async () => {
    const { sts, isolate, token, fetches } = await filled()
    const guard = isolate()
    await guard.warmup()
    setBack(3_600_000)
    sts.answer(async () => Response.json(await sts.jwks()))
    await verdict(guard, token)
    const after = fetches()
    expect(after).toBe(2)
    await verdict(guard, token)
    expect(fetches(), 'the set that was then fetched is kept').toBe(after)
  })

  it('spares the STS a refresh that another isolate has just made', async () => {
    const { first, isolate, token, fetches } = await filled()
    const second = isolate()
    expect(await verdict(second, token)).toBe('admit')
    later(0.9 * MAX_AGE_MS)
    expect(await verdict(first, token)).toBe('admit')
    await aWhile()
    later(1)
    expect(await verdict(second, token)).toBe('admit')
    await aWhile()
    expect(fetches()).toBe(2)
    later(0.1 * MAX_AGE_MS)
    await Promise.all([first.warmup(), second.warmup()])
    expect(fetches()).toBe(2)
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

it('any set and any age: an isolate with the cache answers as the one that has fetched it, or asks the STS', async () => {
  const issuers: readonly ScriptedIssuer[] = [scriptedIssuer(), scriptedIssuer()]
  const [ours, others] = await Promise.all(issuers.map(currentKey))
  const change = fc.constantFrom<object>(
    ...[{}, { kid: 'other' }, { kid: undefined }, { use: 'enc' }, { alg: 'ES384' }, { key_ops: ['verify'] }],
    ...[{ x: 'AAAA' }, { d: 'AAAA' }, { kty: 'RSA' }, { extra: { toJSON: 1 } }],
  )
  const key = fc.tuple(fc.constantFrom(ours, others), change).map(([jwk, other]) => ({ ...jwk, ...other }))
  await fc.assert(
    fc.asyncProperty(fc.array(key, { maxLength: 3 }), fc.nat(2 * MAX_STALE_MS), async (keys, age) => {
      const sts = issuers[0] as ScriptedIssuer
      sts.serve(keys)
      const cache = recordedCache()
      const keySet = { ...TIMES, cache }
      const first = freshIsolate(sts, keySet)
      await first.warmup().catch(() => {})
      await aWhile(1)
      const token = await sts.mint({ lifetimeSeconds: 3_600 })
      sts.fail()
      later(age)
      const [before, after] = [await verdict(first, token), await verdict(freshIsolate(sts, keySet), token)]
      // What could not be stored is an outage for those who come later. Nothing is ever admitted by the cache alone.
      expect([before, 'keys_unavailable']).toContain(after)
      if (cache.writes.length > 0) expect(after).toBe(before)
    }),
    { numRuns: 60 },
  )
})
