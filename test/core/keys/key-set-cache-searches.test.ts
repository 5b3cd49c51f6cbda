// Searches for unknown keys where key sets are shared: no rotation is hidden, and the cache is not asked more often.

import { decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { aWhile, deferred, holdClock, later } from '../support/held-clock.ts'
import { filled, freshIsolate, MAX_AGE_MS, recordedCache, TIMES } from '../support/isolates.ts'
import {
  currentKey,
  scriptedIssuer,
  strangersToken,
  strangersTokens,
  verdict,
  verdicts,
} from '../support/scripted-issuer.ts'
import { createSigner } from '../support/signer.ts'

holdClock()

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
