// Refreshing ahead: in steady traffic a key set is fetched again before its end, and no request waits for it.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aWhile, deferred, holdClock, later } from '../support/held-clock.ts'
import { type KeyFetch, strangersToken, verdict } from '../support/scripted-issuer.ts'
import { COOLDOWN_MS, MAX_AGE_MS, warm } from '../support/warm-guard.ts'

holdClock()
afterEach(() => vi.unstubAllGlobals())

/** When the refresh of a set must not have begun yet, and when it must have. `warm` has let a millisecond pass. */
const BEFORE = 0.8 * MAX_AGE_MS - 2
const DUE = 0.9 * MAX_AGE_MS

/** A warm guard and a mandate of many hours. */
async function steady() {
  const scene = await warm()
  const token = await scene.sts.mint({ lifetimeSeconds: 3_600 })
  expect(await verdict(scene.guard, token)).toBe('admit')
  return { ...scene, token, fetches: () => scene.sts.requests.length }
}

describe('in the last part of the age of a set', () => {
  it.each([
    ['whose signature is known', (token: string) => token],
    ['that is new', (_: string, fresh: string) => fresh],
  ])('a mandate %s causes one fetch, and does not wait for it', async (_, choose) => {
    const { sts, guard, token, fetches } = await steady()
    const asked = choose(token, await sts.mint({ lifetimeSeconds: 3_600 }))
    const answer = deferred<Response>()
    sts.answer(() => answer.promise)
    later(BEFORE)
    expect(await verdict(guard, asked)).toBe('admit')
    expect(fetches(), 'before').toBe(1)
    later(DUE - BEFORE)
    for (let count = 0; count < 5; count++) expect(await verdict(guard, asked)).toBe('admit')
    expect(fetches(), 'in the last part').toBe(2)
    answer.resolve(Response.json(await sts.jwks()))
    await aWhile()
    later(MAX_AGE_MS - DUE)
    await guard.warmup()
    expect(fetches(), 'at the end of the first set').toBe(2)
  })

  it('steady traffic never waits, whatever an answer takes', async () => {
    const { sts, guard, token, fetches } = await steady()
    let isWaiting = false
    let answer: (() => void) | undefined
    sts.answer(async () => {
      expect(isWaiting, 'a request waits').toBe(false)
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      return Response.json(await sts.jwks())
    })
    for (let passed = 0; passed < 5 * MAX_AGE_MS; passed += 1_000) {
      later(1_000)
      isWaiting = false
      const deciding = verdict(guard, token)
      expect(await Promise.race([deciding, aWhile(500)]), `after ${passed} ms`).toBe('admit')
      if (answer === undefined) continue
      answer()
      answer = undefined
      await aWhile(5)
    }
    expect(fetches()).toBeGreaterThanOrEqual(6)
    expect(fetches()).toBeLessThanOrEqual(8)
  })

  it('the time is not the same in every isolate', async () => {
    const times = new Set<number>()
    for (let count = 0; count < 10; count++) {
      const { guard, token, fetches } = await steady()
      let passed = BEFORE
      for (later(BEFORE); fetches() === 1; passed += 500) {
        later(500)
        await verdict(guard, token)
      }
      times.add(passed)
    }
    expect(times.size).toBeGreaterThan(2)
  })

  it.each<[string, () => string | Promise<string>]>([
    ['an invented key id', () => 'unknown'],
    ['a forged signature', () => 'forged'],
    ['a text that is not a mandate', () => 'garbage'],
  ])('a token with %s causes no such fetch', async (_, kind) => {
    const { sts, guard, fetches } = await steady()
    const tokens = {
      unknown: strangersToken(),
      forged: await sts.mint({ key: 'forged' }),
      garbage: 'a.b.c',
    }
    const token = tokens[(await kind()) as keyof typeof tokens]
    later(BEFORE)
    await verdict(guard, token)
    const searched = fetches()
    // The search has renewed the set; the refresh of that one is not due before its own time.
    for (let count = 0; count < 5; count++) await verdict(guard, token)
    expect(fetches()).toBe(searched)
    expect(searched).toBe(token === 'a.b.c' ? 1 : 2)
    if (token !== 'a.b.c') return
    later(DUE - BEFORE)
    await verdict(guard, token)
    expect(fetches()).toBe(1)
  })

  it('nothing is fetched where nothing would keep the fetch alive', async () => {
    const { sts, guard, token, fetches } = await steady()
    vi.stubGlobal('navigator', { userAgent: 'another runtime' })
    vi.stubGlobal('process', undefined)
    later(DUE)
    // In workerd, `waitUntil` is there whatever the globals say.
    const isWorkerd = 'WebSocketPair' in globalThis
    expect(await verdict(guard, token)).toBe('admit')
    expect(fetches()).toBe(isWorkerd ? 2 : 1)
    vi.unstubAllGlobals()
    sts.serve()
  })
})

describe('a refresh that fails', () => {
  // Its time is the earliest.
  beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0))
  afterEach(() => void vi.restoreAllMocks())
  const failures: readonly [string, KeyFetch][] = [
    ['a network error', () => Promise.reject(new TypeError('fetch failed'))],
    ['an error status', async () => new Response(null, { status: 500 })],
    ['404', async () => new Response(null, { status: 404 })],
    ['an empty set', async () => Response.json({ keys: [] })],
    ['a set without a usable key', async () => Response.json({ keys: [{ kty: 'RSA', kid: 'kid-1' }] })],
    ['garbage', async () => new Response('<html>')],
    ['silence', () => new Promise(() => {})],
  ]

  it.each(failures)(
    'with %s leaves the good set in use, and is repeated once per cooldown',
    async (_, answer) => {
      const { sts, guard, token, fetches } = await steady()
      sts.answer(answer)
      later(BEFORE + 1)
      for (let count = 0; count < 5; count++) {
        expect(await verdict(guard, token)).toBe('admit')
        await aWhile(2)
      }
      expect(fetches()).toBe(2)
      later(COOLDOWN_MS - 1)
      expect(await verdict(guard, token)).toBe('admit')
      expect(fetches(), 'within the cooldown').toBe(2)
      later(1)
      expect(await verdict(guard, token)).toBe('admit')
      expect(fetches(), 'after it').toBe(3)
    },
  )

  it.each(failures.slice(0, -1))(
    'with %s does not delay the reload at the end of the set',
    async (_, answer) => {
      const { sts, guard, token, fetches } = await steady()
      sts.answer(answer)
      later(MAX_AGE_MS - 1_000)
      expect(await verdict(guard, token)).toBe('admit')
      await aWhile()
      sts.serve()
      later(1_000)
      expect(await verdict(guard, token)).toBe('admit')
      expect(fetches()).toBe(3)
    },
  )

  it.each(failures.slice(0, -1))('with %s is not an outage for an unknown key id', async (_, answer) => {
    const { sts, guard, token } = await steady()
    sts.answer(answer)
    later(BEFORE + 1)
    expect(await verdict(guard, token)).toBe('admit')
    await aWhile()
    sts.serve()
    await sts.rotate()
    expect(await verdict(guard, strangersToken())).toBe('unknown_key')
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('is not tried while a search that failed cools down', async () => {
    const { sts, guard, token, fetches } = await steady()
    later(BEFORE)
    sts.fail()
    expect(await verdict(guard, strangersToken())).toBe('keys_unavailable')
    later(1)
    expect(await verdict(guard, token)).toBe('admit')
    await aWhile()
    expect(fetches()).toBe(2)
    later(COOLDOWN_MS)
    expect(await verdict(guard, token)).toBe('admit')
    expect(fetches(), 'after that').toBe(3)
  })

  it('waits for the time that the STS asks for', async () => {
    const { sts, guard, token, fetches } = await steady()
    const headers = { 'Retry-After': '15' }
    sts.answer(async () => new Response(null, { status: 503, headers }))
    later(BEFORE + 1)
    expect(await verdict(guard, token)).toBe('admit')
    await aWhile()
    later(14_999)
    expect(await verdict(guard, token)).toBe('admit')
    expect(fetches()).toBe(2)
    later(1)
    expect(await verdict(guard, token)).toBe('admit')
    expect(fetches()).toBe(3)
  })

  it('and is lost does not keep later ones from being tried', async () => {
    const { sts, guard, token, fetches } = await steady()
    sts.answer(() => new Promise(() => {}))
    later(BEFORE + 1)
    // The timers of its request end with the request.
    const timers = vi.spyOn(globalThis, 'setTimeout').mockImplementation((() => 0) as never)
    expect(await verdict(guard, token)).toBe('admit')
    await aWhile()
    timers.mockRestore()
    sts.serve()
    later(COOLDOWN_MS)
    expect(await verdict(guard, token)).toBe('admit')
    await aWhile()
    expect(fetches()).toBe(3)
  })
})

describe('a refresh', () => {
  it('removes a key that is no longer published, ahead of maxAgeMs', async () => {
    const { sts, guard, token } = await steady()
    await sts.rotate({ retirePrevious: true })
    later(DUE)
    expect(await verdict(guard, token), 'the request beside it').toBe('admit')
    await aWhile()
    expect(await verdict(guard, token)).toBe('unknown_key')
  })

  it('that ends after a later search does not bring back what it has read', async () => {
    const { sts, guard, token } = await steady()
    const old = deferred<Response>()
    const oldKeys = await sts.jwks()
    sts.answer(() => old.promise)
    later(DUE)
    expect(await verdict(guard, token)).toBe('admit')
    await sts.rotate({ retirePrevious: true })
    sts.serve()
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    old.resolve(Response.json(oldKeys))
    await aWhile()
    expect(await verdict(guard, token)).toBe('unknown_key')
  })
})
