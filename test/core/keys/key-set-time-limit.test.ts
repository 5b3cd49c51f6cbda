// The time limit of a key fetch: whatever the issuer does, a fetch ends, and with it the wait of those who need keys.
// @module-tag slow

import type { KeySetOptions } from 'caracal-edge'
import { describe, expect, it, vi } from 'vitest'
import { aWhile, holdClock, later } from '../support/held-clock.ts'
import { type KeyFetch, type ScriptedIssuer, scriptedIssuer } from '../support/scripted-issuer.ts'

holdClock()

describe('timeoutMs ends a fetch', () => {
  const never = () => new Promise<never>(() => {})

  it.each<[string, KeyFetch]>([
    ['that heeds its signal', (_, { signal }) => rejectedBy(signal)],
    ['that ignores its signal', never],
    ['whose body never comes', async () => new Response(new ReadableStream())],
    ['whose body stalls in the middle', async () => new Response(stalling('{"keys":['))],
    ['whose body trickles', async (_, { signal }) => new Response(trickling(signal))],
  ])('%s', async (_, answer) => {
    const sts = scriptedIssuer()
    sts.answer(answer)
    await expectTimeout(sts, 60, { timeoutMs: 60 })
  })

  it('after five seconds by default', async () => {
    const sts = scriptedIssuer()
    sts.answer(never)
    await expectTimeout(sts, 5_000)
  })

  it('and leaves no timer behind when the fetch has ended', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    await scriptedIssuer().guard().warmup()
    expect(timers.mock.calls.map(([, ms]) => ms).sort()).toEqual([1_250, 5_000])
    expect(vi.getTimerCount()).toBe(0)
    // Not `mockRestore`: it would be restored once more later, to a timer of a clock that is gone.
    vi.restoreAllMocks()
  })

  it('and a request that waits behind an older fetch, too, is held for no more than twice that time', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { maxAgeMs: 10_000, timeoutMs: 5_000 } })
    await guard.warmup()
    sts.answer(never)
    later(9_000)
    expect(await guard.authorizeToken(await sts.mint())).toMatchObject({ outcome: 'admit' })
    expect(sts.requests, 'beside the request').toHaveLength(2)
    later(1_000)
    const [token, askedAt] = [await sts.mint(), Date.now()]
    const heldMs = guard.authorizeToken(token).then(() => Date.now() - askedAt)
    for (let seconds = 0; seconds < 12; seconds++) {
      await aWhile()
      later(1_000)
    }
    expect(sts.requests).toHaveLength(4)
    expect(await heldMs).toBeGreaterThan(1.25 * 5_000)
    expect(await heldMs).toBeLessThanOrEqual(2 * 5_000)
  })

  /** The first fetch, and the second one, which is made after a quarter of the time. */
  async function expectTimeout(sts: ScriptedIssuer, timeMs: number, keySet: KeySetOptions = {}) {
    const decision = sts.guard({ keySet }).authorizeToken(await sts.mint())
    const isDecided = () => Promise.race([decision.then(() => true), aWhile().then(() => false)])
    const areEnded = async () => {
      await aWhile()
      return sts.requests.map(({ init }) => init.signal?.aborted)
    }
    expect(await areEnded()).toEqual([false])
    later(timeMs / 4)
    expect(await areEnded()).toEqual([false, false])
    later((timeMs * 3) / 4 - 1)
    expect(await areEnded()).toEqual([false, false])
    later(1)
    expect(await areEnded()).toEqual([true, false])
    later(timeMs / 4 - 1)
    expect(await isDecided()).toBe(false)
    later(1)
    expect(await isDecided()).toBe(true)
    expect(await areEnded()).toEqual([true, true])
    expect(await decision).toMatchObject({ code: 'keys_unavailable', fault: 'timeout' })
  }

  function rejectedBy(signal: RequestInit['signal']): Promise<Response> {
    return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
  }

  function stalling(start: string): ReadableStream {
    return new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode(start)) })
  }

  function trickling(signal: RequestInit['signal']): ReadableStream {
    return new ReadableStream({
      async pull(controller) {
        await aWhile(5)
        if (signal?.aborted) controller.close()
        else controller.enqueue(Uint8Array.of(0x20))
      },
    })
  }
})
