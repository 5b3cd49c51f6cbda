// Fetches that are lost with their requests, or end after a later one: what they bring, and when the next one comes.
// @module-tag slow

import { describe, expect, it } from 'vitest'
import { aWhile, holdClock, later, setBack } from '../support/held-clock.ts'
import { currentKey, strangersToken, verdict } from '../support/scripted-issuer.ts'
import {
  afterwards,
  endTimersWithRequests,
  LOST_MS,
  leave,
  MAX_AGE_MS,
  noted,
  PATIENCE_MS,
  waiting,
} from '../support/waiting-fetches.ts'

holdClock()

describe('where the timers of a request end with it', () => {
  endTimersWithRequests()

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

    it('are not an outage once keys have come: an unknown key is searched for', async () => {
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

    it('and has failed, is not an outage', async () => {
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
