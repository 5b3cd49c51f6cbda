// Tokens with unknown keys: whatever the issuer answers, they cause one fetch per cooldown at most.

import { describe, expect, it } from 'vitest'
import { aWhile, deferred, holdClock, later } from '../support/held-clock.ts'
import {
  type KeyFetch,
  scriptedIssuer,
  strangersToken,
  strangersTokens,
  verdict,
  verdicts,
} from '../support/scripted-issuer.ts'
import { COOLDOWN_MS, keySet, MAX_AGE_MS, warm } from '../support/warm-guard.ts'

holdClock()

const broken: readonly (readonly [string, KeyFetch, string])[] = [
  ['an empty key set', async () => Response.json({ keys: [] }), 'keys_unavailable'],
  ['a status of 500', async () => new Response('', { status: 500 }), 'keys_unavailable'],
  ['a network error', () => Promise.reject(new TypeError('fetch failed')), 'keys_unavailable'],
  ['a broken document', async () => Response.json({}), 'keys_unavailable'],
]

describe('a flood of unknown keys causes one fetch per cooldown at most', () => {
  it('warm, a hundred at once', async () => {
    const { sts, guard } = await warm()
    expect(await verdicts(guard, strangersTokens(100))).toEqual(['unknown_key'])
    expect(sts.requests).toHaveLength(2)
  })

  it('warm, a thousand one after another, none of which reaches the store', { tags: 'slow' }, async () => {
    const { sts, guard, revocations } = await warm()
    for (let count = 0; count < 1_000; count++) {
      expect(await verdict(guard, strangersToken())).toBe('unknown_key')
      later(9) // 9 seconds in all
    }
    expect(sts.requests).toHaveLength(2)
    expect(revocations.queries).toHaveLength(0)
    later(1_000)
    await verdict(guard, strangersToken())
    expect(sts.requests, 'in the next cooldown').toHaveLength(3)
  })

  it('with mandates of one unknown key as well as with random ones', async () => {
    const { sts, guard } = await warm()
    const token = strangersToken()
    for (let count = 0; count < 20; count++) await verdict(guard, token)
    expect(sts.requests).toHaveLength(2)
  })

  it('cold, where the first fetch counts as the search', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    for (let count = 0; count < 20; count++) {
      expect(await verdict(guard, strangersToken())).toBe('unknown_key')
      later(1)
    }
    expect(sts.requests).toHaveLength(1)
    later(COOLDOWN_MS - 20)
    await verdict(guard, strangersToken())
    expect(sts.requests, 'at the end of the cooldown').toHaveLength(2)
  })

  it('cold, with tokens that arrive during the first fetch', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    const answer = deferred<Response>()
    sts.answer(() => answer.promise)
    const first = verdict(guard, strangersToken())
    later(5)
    const others = verdicts(guard, strangersTokens(50))
    answer.resolve(Response.json(await sts.jwks()))
    expect([await first, ...(await others)]).toEqual(['unknown_key', 'unknown_key'])
    expect(sts.requests).toHaveLength(1)
  })

  it('without a cooldown, where one request still fetches only once', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { cooldownMs: 0 } })
    await verdict(guard, strangersToken())
    expect(sts.requests).toHaveLength(1)
    later(1)
    await verdict(guard, strangersToken())
    expect(sts.requests).toHaveLength(2)
  })

  it('after the set has expired, where the reload counts as the search', async () => {
    const { sts, guard } = await warm()
    later(MAX_AGE_MS)
    for (let count = 0; count < 20; count++) {
      await verdict(guard, strangersToken())
      later(1)
    }
    expect(sts.requests).toHaveLength(2)
  })

  it.each(broken)('cold with %s, at once and one after another', async (_, answer, reason) => {
    const sts = scriptedIssuer()
    sts.answer(answer)
    const guard = sts.guard({ keySet })
    expect(await verdicts(guard, strangersTokens(20))).toEqual([reason])
    for (let count = 0; count < 20; count++) {
      later(1)
      expect(await verdict(guard, strangersToken())).toBe(reason)
    }
    expect(sts.requests).toHaveLength(1)
    later(COOLDOWN_MS)
    await verdicts(guard, strangersTokens(20))
    expect(sts.requests, 'in the next cooldown').toHaveLength(2)
  })

  it.each(broken)('warm with %s, at once and one after another', async (_, answer, reason) => {
    const { sts, guard } = await warm()
    sts.answer(answer)
    expect(await verdicts(guard, strangersTokens(20))).toEqual([reason])
    for (let count = 0; count < 20; count++) {
      later(1)
      expect(await verdict(guard, strangersToken())).toBe(reason)
    }
    expect(sts.requests).toHaveLength(2)
    later(COOLDOWN_MS)
    await verdicts(guard, strangersTokens(20))
    expect(sts.requests, 'in the next cooldown').toHaveLength(3)
  })
})

describe('a flood in an outage from the start', () => {
  it.each(broken)(
    'with %s, is a growing pause between two fetches, and then a cooldown',
    { tags: 'slow' },
    async (_, answer) => {
      const sts = scriptedIssuer()
      const askedAt: number[] = []
      sts.answer((url, init) => {
        askedAt.push(Date.now())
        return answer(url, init)
      })
      const guard = sts.guard({ keySet })
      for (let passed = 0; passed < 6 * COOLDOWN_MS; passed += 25) {
        await verdicts(guard, strangersTokens(2))
        later(25)
      }
      const pauses = askedAt.slice(1).map((at, index) => at - (askedAt[index] ?? 0))
      // Half as long at least, half as long again at most, and up to 25 for the next stranger.
      for (const [index, pause] of pauses.entries()) {
        const mean = 300 * 2 ** index
        expect(pause).toBeGreaterThanOrEqual(Math.min(COOLDOWN_MS, mean / 2))
        expect(pause).toBeLessThan(Math.min(COOLDOWN_MS, mean * 1.5) + 25)
      }
      expect(askedAt.length).toBeLessThan(13)
    },
  )

  it('has pauses that differ from isolate to isolate', async () => {
    const pauses = new Set<number>()
    for (let count = 0; count < 10; count++) {
      const sts = scriptedIssuer()
      sts.fail()
      const guard = sts.guard()
      let passed = 0
      for (; sts.requests.length < 2; passed += 5) {
        await verdict(guard, strangersToken())
        later(5)
      }
      pauses.add(passed)
    }
    expect(pauses.size).toBeGreaterThan(2)
  })
})

describe('a flood of forged signatures under a known key id', () => {
  it('causes one fetch per cooldown, and none reaches the store', async () => {
    const { sts, guard, revocations } = await warm()
    const forged = await Promise.all(Array.from({ length: 20 }, () => sts.mint({ key: 'forged' })))
    expect(await verdicts(guard, forged)).toEqual(['bad_signature'])
    for (const token of forged) {
      later(400) // 8 seconds in all
      expect(await verdict(guard, token)).toBe('bad_signature')
    }
    expect(sts.requests).toHaveLength(2)
    later(2_000)
    expect(await verdicts(guard, forged)).toEqual(['bad_signature'])
    expect(sts.requests, 'in the next cooldown').toHaveLength(3)
    expect(revocations.queries).toHaveLength(0)
  })

  it('shares that fetch with unknown keys', async () => {
    const { sts, guard } = await warm()
    await verdict(guard, strangersToken())
    expect(await verdict(guard, await sts.mint({ key: 'forged' }))).toBe('bad_signature')
    expect(sts.requests).toHaveLength(2)
  })

  it('does not delay mandates of that key', async () => {
    const { sts, guard } = await warm()
    const answer = deferred<Response>()
    sts.answer(() => answer.promise)
    const forged = verdict(guard, await sts.mint({ key: 'forged' }))
    await aWhile()
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    answer.resolve(Response.json(await sts.jwks()))
    expect(await forged).toBe('bad_signature')
  })
})

describe('the cooldown', () => {
  it('counts from the start of the search, not from a request that joined it later', async () => {
    const { sts, guard } = await warm()
    const answer = deferred<Response>()
    sts.answer(() => answer.promise)
    const first = verdict(guard, strangersToken())
    await aWhile()
    later(1_000)
    const joined = verdict(guard, strangersToken())
    await aWhile()
    answer.resolve(Response.json(await sts.jwks()))
    expect([await first, await joined]).toEqual(['unknown_key', 'unknown_key'])
    later(COOLDOWN_MS - 1_001)
    await verdict(guard, strangersToken())
    expect(sts.requests).toHaveLength(2)
    later(1)
    await verdict(guard, strangersToken())
    expect(sts.requests).toHaveLength(3)
  })
})
