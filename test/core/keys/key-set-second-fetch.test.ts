// A fetch that takes long: those who wait for it make one more, or take the last keys, and nobody waits for ever.
// @module-tag slow

import { describe, expect, it, vi } from 'vitest'
import { aWhile, holdClock, later } from '../support/held-clock.ts'
import { strangersToken, strangersTokens, verdict, verdicts } from '../support/scripted-issuer.ts'
import {
  afterwards,
  endTimersWithRequests,
  LOST_MS,
  leave,
  MAX_AGE_MS,
  noted,
  PATIENCE_MS,
  TIMEOUT_MS,
  waiting,
} from '../support/waiting-fetches.ts'

holdClock()

describe('where the timers of a request end with it', () => {
  endTimersWithRequests()

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

    it('is joined by a second one for all who wait, and not by a third', async () => {
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

    it('is not joined by another one once it has failed: that is an outage', async () => {
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

    it('ends the wait of all without any time passing', async () => {
      const { answer, first, ask } = await waiting()
      const second = ask()
      await aWhile()
      await answer(0)
      expect([await first, await second]).toEqual(['admit', 'admit'])
    })

    it('and has lost to the second, is one of the two that may be under way', async () => {
      const { sts, guard, answer, fail, first } = await waiting()
      await afterwards(PATIENCE_MS)
      await answer(1)
      expect(await first).toBe('admit')
      later(1)
      const search = verdict(guard, strangersToken())
      await aWhile()
      expect(sts.requests, 'a search is the second').toHaveLength(3)
      await afterwards(PATIENCE_MS)
      expect(sts.requests, 'so that there is no third').toHaveLength(3)
      fail(0)
      await aWhile()
      expect(sts.requests, 'until it has ended').toHaveLength(4)
      await answer(3)
      expect(await search).toBe('unknown_key')
    })

    it('and is made beside a request, is one of the two as well', async () => {
      const { sts, answer, first, ask } = await waiting()
      await answer(0)
      await first
      later(0.9 * MAX_AGE_MS)
      expect(await ask()).toBe('admit')
      expect(sts.requests, 'beside a request').toHaveLength(2)
      later(0.1 * MAX_AGE_MS)
      const waits = ask()
      await aWhile()
      expect(sts.requests, 'by a request that waits').toHaveLength(3)
      await afterwards(PATIENCE_MS)
      expect(sts.requests, 'so that there is no third').toHaveLength(3)
      await afterwards(LOST_MS - 0.1 * MAX_AGE_MS - PATIENCE_MS)
      expect(sts.requests, 'until it must have ended').toHaveLength(4)
      await answer(3)
      expect(await waits).toBe('admit')
    })

    it('is joined by none beside a request', async () => {
      const { sts, answer, first, ask } = await waiting(30_000, PATIENCE_MS)
      await afterwards(PATIENCE_MS)
      await answer(1)
      expect(await first).toBe('admit')
      later(0.9 * PATIENCE_MS)
      expect(await ask()).toBe('admit')
      expect(sts.requests).toHaveLength(2)
    })

    it('and is lost, does not count once it must have ended', async () => {
      const { sts, guard, answer, first } = await waiting()
      await afterwards(PATIENCE_MS)
      await answer(1)
      await first
      later(LOST_MS)
      const search = verdict(guard, strangersToken())
      await aWhile()
      await afterwards(PATIENCE_MS)
      expect(sts.requests).toHaveLength(4)
      await answer(3)
      expect(await search).toBe('unknown_key')
    })

    it('does not delay mandates of known keys when it searches for an unknown one', async () => {
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
})
