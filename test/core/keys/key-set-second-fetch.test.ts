// A fetch that takes long, or is lost with its request: those who wait make one more, and nobody waits for ever.
// @module-tag slow

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aWhile, type Deferred, deferred, holdClock, later, setBack } from '../support/held-clock.ts'
import {
  currentKey,
  scriptedIssuer,
  strangersToken,
  strangersTokens,
  verdict,
  verdicts,
} from '../support/scripted-issuer.ts'

holdClock()

const TIMEOUT_MS = 60_000
const PATIENCE_MS = TIMEOUT_MS / 4
/** After its time limit, a fetch is waited for a moment more. */
const LOST_MS = TIMEOUT_MS + 100
const MAX_AGE_MS = 300_000

const timers: unknown[] = []

/** All requests so far are gone, and their timers with them. */
function leave(): void {
  for (const timer of timers.splice(0)) clearTimeout(timer as number)
}

/** A guard whose first fetch is under way and in the hands of the test, like each later one. */
async function waiting(cooldownMs = 30_000) {
  const sts = scriptedIssuer()
  const fetches: Deferred<Response>[] = []
  sts.answer(() => {
    const answer = deferred<Response>()
    fetches.push(answer)
    return answer.promise
  })
  const guard = sts.guard({ keySet: { timeoutMs: TIMEOUT_MS, maxAgeMs: MAX_AGE_MS, cooldownMs } })
  const first = verdict(guard, await sts.mint({ lifetimeSeconds: 3_600 }))
  await aWhile()
  const answer = async (index: number, keys?: readonly object[]) =>
    fetches[index]?.resolve(Response.json(keys === undefined ? await sts.jwks() : { keys }))
  const fail = (index: number) => fetches[index]?.resolve(new Response('', { status: 500 }))
  const ask = async () => verdict(guard, await sts.mint({ lifetimeSeconds: 3_600 }))
  return { sts, guard, first, answer, fail, ask }
}

/** What was answered so far. */
function noted(answers: readonly Promise<string>[]): readonly string[] {
  const seen: string[] = []
  for (const answer of answers) void answer.then((text) => seen.push(text))
  return seen
}

async function afterwards(ms: number): Promise<void> {
  later(ms)
  await aWhile()
}

describe('where the timers of a request end with it', () => {
  beforeEach(() => {
    // On Workers the timers of a request end with it. The time limit of a fetch is the only one of this length.
    const setTimer = globalThis.setTimeout
    vi.stubGlobal('setTimeout', (run: () => void, ms: number, ...given: readonly unknown[]) => {
      if (ms === TIMEOUT_MS) return undefined
      const timer = setTimer(run, ms, ...given)
      timers.push(timer)
      return timer
    })
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  describe('a fetch that takes long', () => {
    it('is waited for alone for a quarter of its time', async () => {
      const { sts, answer, first, ask } = await waiting()
      const second = ask()
      await aWhile()
      await afterwards(PATIENCE_MS - 1)
      expect(sts.requests).toHaveLength(1)
      await answer(0)
      expect([await first, await second]).toEqual(['admit', 'admit'])
      expect(sts.requests).toHaveLength(1)
    })

    it('is joined by a second one, made by the request itself, if nobody else waits', async () => {
      const { sts, answer, first } = await waiting()
      await afterwards(PATIENCE_MS)
      expect(sts.requests).toHaveLength(2)
      await answer(1)
      expect(await first).toBe('admit')
    })

    it('is joined by a second one for all who wait, and by no third', async () => {
      const { sts, answer, first, ask } = await waiting()
      const others = Array.from({ length: 20 }, ask)
      await afterwards(PATIENCE_MS)
      others.push(ask())
      await afterwards(PATIENCE_MS)
      others.push(ask())
      await afterwards(PATIENCE_MS)
      expect(sts.requests).toHaveLength(2)
      await answer(1)
      expect(new Set(await Promise.all([first, ...others]))).toEqual(new Set(['admit']))
      expect(sts.requests).toHaveLength(2)
    })

    it('is joined at once by a request that comes late', async () => {
      const { sts, guard, answer } = await waiting()
      leave()
      later(PATIENCE_MS)
      const second = verdict(guard, await sts.mint())
      await aWhile()
      await answer(1)
      expect(await second).toBe('admit')
    })

    it('may still be the first to answer', async () => {
      const { answer, first, ask } = await waiting()
      await afterwards(PATIENCE_MS)
      const second = ask()
      await answer(0)
      expect([await first, await second]).toEqual(['admit', 'admit'])
    })

    it('and then fails, ends nobody’s wait for the second', async () => {
      const { answer, fail, first, ask } = await waiting()
      const seen = noted([first, ask()])
      await afterwards(PATIENCE_MS)
      fail(0)
      await aWhile()
      expect(seen).toEqual([])
      await answer(1)
      await aWhile()
      expect(seen).toEqual(['admit', 'admit'])
    })

    it('is an outage as soon as both have failed', async () => {
      const { sts, fail, first, ask } = await waiting()
      const second = ask()
      await afterwards(PATIENCE_MS)
      fail(1)
      fail(0)
      expect([await first, await second]).toEqual(['keys_unavailable', 'keys_unavailable'])
      expect(sts.requests).toHaveLength(2)
    })

    it('is joined by none once it has failed: that is an outage', async () => {
      const { sts, fail, first } = await waiting()
      fail(0)
      expect(await first).toBe('keys_unavailable')
      await afterwards(PATIENCE_MS)
      expect(sts.requests).toHaveLength(1)
    })

    it('costs each of those who wait two timers, however long they wait, and leaves none behind', async () => {
      const { sts, guard, answer } = await waiting()
      const set = vi.spyOn(globalThis, 'setTimeout')
      const others = verdicts(guard, strangersTokens(1_000))
      await aWhile()
      for (let waited = 0; waited < TIMEOUT_MS; waited += TIMEOUT_MS / 20) {
        later(TIMEOUT_MS / 20)
        await aWhile(20)
      }
      // The request that has made the fetches has two as well, and each fetch has a time limit.
      expect(set.mock.calls.length).toBeLessThanOrEqual(2_004)
      await answer(0)
      expect(await others).toEqual(['unknown_key'])
      expect(sts.requests).toHaveLength(2)
      expect(vi.getTimerCount()).toBe(0)
      // Not `mockRestore`: it would be restored once more later, to a timer of a clock that is gone.
      vi.restoreAllMocks()
    })

    it('is over for those who wait without any time passing', async () => {
      const { answer, first, ask } = await waiting()
      const second = ask()
      await aWhile()
      await answer(0)
      expect([await first, await second]).toEqual(['admit', 'admit'])
    })

    it('delays no mandate of a known key when it searches for an unknown one', async () => {
      const { sts, guard, first, answer, ask } = await waiting()
      await answer(0)
      await first
      later(1)
      void verdict(guard, strangersToken())
      await aWhile()
      expect(sts.requests).toHaveLength(2)
      expect(await ask()).toBe('admit')
    })
  })

  describe('with old keys that may still be used', () => {
    async function old() {
      const scene = await waiting()
      await scene.answer(0)
      await scene.first
      later(MAX_AGE_MS)
      const starter = scene.ask()
      await aWhile()
      return { ...scene, starter }
    }

    it('a request waits for a quarter of the time, and then takes them', async () => {
      const { sts, ask } = await old()
      const seen = noted([ask(), ask()])
      await afterwards(PATIENCE_MS - 1)
      expect(seen).toEqual([])
      await afterwards(1)
      expect(seen).toEqual(['admit', 'admit'])
      expect(await ask(), 'later, at once').toBe('admit')
      expect(sts.requests).toHaveLength(3)
    })

    it('the request that has made the fetch waits for it: on some platforms it would end with the request', async () => {
      const { starter, answer } = await old()
      const seen = noted([starter])
      await afterwards(PATIENCE_MS)
      expect(seen).toEqual([])
      await answer(2)
      expect(await starter).toBe('admit')
    })

    it('both fetches may be lost, and the next one is made after the cooldown', async () => {
      const { sts, ask } = await old()
      await afterwards(PATIENCE_MS)
      leave()
      later(LOST_MS)
      expect(await ask()).toBe('admit')
      expect(sts.requests).toHaveLength(3)
      later(30_000)
      void ask()
      await aWhile()
      expect(sts.requests).toHaveLength(4)
    })

    it('a fetch that was lost before there was a second is made up for', async () => {
      const { sts, ask, answer } = await old()
      leave()
      await afterwards(PATIENCE_MS)
      expect(await ask(), 'while it may still end').toBe('admit')
      expect(sts.requests).toHaveLength(2)
      later(LOST_MS)
      const next = ask()
      await aWhile()
      expect(sts.requests).toHaveLength(3)
      await answer(2)
      expect(await next).toBe('admit')
    })
  })

  describe('fetches that are lost', () => {
    it('are given up when the second must have ended; the next one comes soon', async () => {
      const { sts, guard, answer, first, ask } = await waiting()
      const seen = noted([first, ask(), verdict(guard, strangersToken())])
      await afterwards(PATIENCE_MS)
      await afterwards(LOST_MS - 1)
      expect(seen).toEqual([])
      await afterwards(1)
      expect(seen).toEqual(Array(3).fill('keys_unavailable'))
      expect(sts.requests).toHaveLength(2)
      later(450)
      const next = ask()
      await aWhile()
      await answer(2)
      expect(await next).toBe('admit')
    })

    it('hold up nobody who comes later', async () => {
      const { sts, answer, ask } = await waiting()
      await afterwards(PATIENCE_MS)
      leave()
      later(LOST_MS + 450)
      const next = ask()
      await aWhile()
      expect(sts.requests).toHaveLength(3)
      await answer(2)
      expect(await next).toBe('admit')
    })

    it('are given up, too, where the clock was set back meanwhile', async () => {
      const { answer, ask } = await waiting()
      leave()
      setBack(3_600_000)
      const second = ask()
      await aWhile()
      await afterwards(PATIENCE_MS)
      const seen = noted([second, ask()])
      await aWhile()
      await afterwards(LOST_MS)
      expect(seen).toEqual(['keys_unavailable', 'keys_unavailable'])
      later(450)
      const next = ask()
      await aWhile()
      await answer(2)
      expect(await next).toBe('admit')
    })

    it('are the search of their cooldown: strangers cannot have it made again by leaving', async () => {
      const { sts, guard, first, answer, ask } = await waiting(120_000)
      await answer(0)
      await first
      later(1)
      void verdict(guard, strangersToken())
      const second = guard.authorizeToken(strangersToken())
      await aWhile()
      await afterwards(PATIENCE_MS)
      await afterwards(LOST_MS)
      expect(await second).toMatchObject({ code: 'keys_unavailable', fault: 'timeout' })
      expect(sts.requests).toHaveLength(3)
      expect(await ask()).toBe('admit')
      await sts.rotate()
      expect(await ask(), 'nobody knows whether it is a key').toBe('keys_unavailable')
      later(119_999)
      expect(await ask()).toBe('keys_unavailable')
      expect(sts.requests).toHaveLength(3)
      later(1)
      void verdict(guard, strangersToken())
      await aWhile()
      expect(sts.requests).toHaveLength(4)
    })

    it('are no outage any more once keys have come: an unknown key is searched for', async () => {
      const { guard, first, answer } = await waiting(120_000)
      await afterwards(PATIENCE_MS)
      await answer(1)
      expect(await first).toBe('admit')
      later(1)
      const stranger = verdict(guard, strangersToken())
      await aWhile()
      await answer(2)
      expect(await stranger).toBe('unknown_key')
    })
  })

  describe('a fetch that ends after it was joined', () => {
    /** The second fetch has brought a new key alone; the first is still out. */
    async function joined() {
      const scene = await waiting()
      const { sts, answer, first, ask } = scene
      const oldKeys = [await currentKey(sts)]
      const oldToken = await sts.mint({ lifetimeSeconds: 3_600 })
      await sts.rotate({ retirePrevious: true })
      const second = ask()
      await afterwards(PATIENCE_MS)
      await answer(1)
      expect([await first, await second]).toEqual(['unknown_key', 'admit'])
      return { ...scene, oldKeys, oldToken }
    }

    it('does not bring back what it has read: the newer document stays', async () => {
      const { sts, guard, answer, oldKeys, oldToken, ask } = await joined()
      await answer(0, oldKeys)
      await aWhile()
      expect(await verdict(guard, oldToken)).toBe('unknown_key')
      expect(await ask()).toBe('admit')
      expect(sts.requests).toHaveLength(2)
    })

    it('does not make the newer document look older', async () => {
      const { sts, guard, answer, oldKeys } = await joined()
      await answer(0, oldKeys)
      await aWhile()
      later(MAX_AGE_MS - 1)
      await guard.warmup()
      expect(sts.requests).toHaveLength(2)
    })

    it('and has failed, is no outage', async () => {
      const { guard, fail } = await joined()
      fail(0)
      await aWhile()
      expect(await verdict(guard, strangersToken())).toBe('unknown_key')
    })

    it('does not end the wait for a third', async () => {
      const { sts, answer, oldKeys, ask } = await joined()
      later(MAX_AGE_MS)
      const third = ask()
      await aWhile()
      await answer(0, oldKeys)
      const fourth = ask()
      await aWhile()
      expect(sts.requests).toHaveLength(3)
      await answer(2)
      expect([await third, await fourth]).toEqual(['admit', 'admit'])
    })

    it('and was given up, is taken if nothing newer has come', async () => {
      const { sts, first, answer, ask } = await waiting()
      await afterwards(PATIENCE_MS)
      await afterwards(LOST_MS)
      expect(await first).toBe('keys_unavailable')
      await answer(0)
      await aWhile()
      expect(await ask()).toBe('admit')
      expect(sts.requests).toHaveLength(2)
    })
  })
})
