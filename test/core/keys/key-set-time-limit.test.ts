// The time limit of a key fetch, and a fetch whose request has ended: no request waits for ever.

import type { KeySetOptions } from 'caracal-edge'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aWhile, type Deferred, deferred, holdClock, later, setBack } from '../support/held-clock.ts'
import {
  currentKey,
  type KeyFetch,
  type ScriptedIssuer,
  scriptedIssuer,
  strangersToken,
  strangersTokens,
  verdict,
  verdicts,
} from '../support/scripted-issuer.ts'

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
    expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([5_000])
    expect(vi.getTimerCount()).toBe(0)
    timers.mockRestore()
  })

  /** At exactly that time, to the millisecond. */
  async function expectTimeout(sts: ScriptedIssuer, timeMs: number, keySet: KeySetOptions = {}) {
    const decision = sts.guard({ keySet }).authorizeToken(await sts.mint())
    const isDecided = () => Promise.race([decision.then(() => true), aWhile().then(() => false)])
    await aWhile()
    later(timeMs - 1)
    expect(await isDecided()).toBe(false)
    later(1)
    expect(await isDecided()).toBe(true)
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

describe('a fetch whose request has ended', () => {
  const TIMEOUT_MS = 60_000

  beforeEach(() => {
    // On Workers, the timers of a request end with it. The time limit of a fetch is the only one of this length.
    const setTimer = globalThis.setTimeout
    vi.stubGlobal('setTimeout', (run: () => void, ms: number, ...given: readonly unknown[]) =>
      ms === TIMEOUT_MS ? undefined : setTimer(run, ms, ...given),
    )
  })
  afterEach(() => {
    vi.unstubAllGlobals()
  })

  /** A guard whose first fetch is in progress. The test settles it, like each later one. */
  async function abandoned(cooldownMs = 30_000) {
    const sts = scriptedIssuer()
    const fetches: Deferred<Response>[] = []
    sts.answer(() => {
      const answer = deferred<Response>()
      fetches.push(answer)
      return answer.promise
    })
    const guard = sts.guard({ keySet: { timeoutMs: TIMEOUT_MS, maxAgeMs: 300_000, cooldownMs } })
    const first = verdict(guard, await sts.mint())
    const answer = async (index: number, keys?: readonly object[]) =>
      fetches[index]?.resolve(Response.json(keys === undefined ? await sts.jwks() : { keys }))
    return { sts, guard, fetches, first, answer }
  }

  it('is waited for while it can still end by itself', async () => {
    const { sts, guard, first, answer } = await abandoned()
    const second = verdict(guard, await sts.mint())
    later(TIMEOUT_MS)
    await aWhile()
    expect(sts.requests).toHaveLength(1)
    await answer(0)
    expect([await first, await second]).toEqual(['admit', 'admit'])
    expect(sts.requests).toHaveLength(1)
  })

  it('costs each waiting request one timer, however long it waits, and leaves none behind', async () => {
    const { sts, guard, answer } = await abandoned()
    const timers = vi.spyOn(globalThis, 'setTimeout')
    const others = verdicts(guard, strangersTokens(1_000))
    await aWhile()
    for (let waited = 0; waited < TIMEOUT_MS; waited += TIMEOUT_MS / 20) {
      later(TIMEOUT_MS / 20)
      await aWhile(1)
    }
    expect(timers).toHaveBeenCalledTimes(1_000)
    await answer(0)
    expect(await others).toEqual(['unknown_key'])
    expect(sts.requests).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
    // Not `mockRestore`: it would be restored again later, to a timer of a clock that no longer exists.
    vi.restoreAllMocks()
  })

  it('ends for the waiting requests as soon as it settles', async () => {
    const { sts, guard, first, answer } = await abandoned()
    const second = verdict(guard, await sts.mint())
    await aWhile()
    await answer(0)
    expect([await first, await second]).toEqual(['admit', 'admit'])
  })

  it('is replaced after timeoutMs by one of the waiting requests, for all of them', async () => {
    const { sts, guard, answer } = await abandoned()
    const tokens = await Promise.all(Array.from({ length: 20 }, () => sts.mint()))
    const others = verdicts(guard, tokens)
    later(TIMEOUT_MS + 100)
    await aWhile()
    expect(sts.requests).toHaveLength(2)
    await answer(1)
    expect(await others).toEqual(['admit'])
    expect(sts.requests).toHaveLength(2)
  })

  it('is replaced after timeoutMs even if the clock was set back', async () => {
    const { sts, guard, answer } = await abandoned()
    setBack(3_600_000)
    const second = verdict(guard, await sts.mint())
    later(TIMEOUT_MS + 100)
    await aWhile()
    await answer(1)
    expect(await second).toBe('admit')
  })

  it('is replaced at once by a request that arrives after that time', async () => {
    const { sts, guard, answer } = await abandoned()
    later(TIMEOUT_MS + 100)
    const second = verdict(guard, await sts.mint())
    await answer(1)
    expect(await second).toBe('admit')
  })

  it('is also replaced for requests that arrive while it is being replaced', async () => {
    const { sts, guard, answer } = await abandoned(120_000)
    later(TIMEOUT_MS + 100)
    const second = verdict(guard, await sts.mint())
    const third = verdict(guard, await sts.mint())
    await aWhile()
    await answer(1)
    expect([await second, await third]).toEqual(['admit', 'admit'])
    expect(sts.requests).toHaveLength(2)
  })

  it('is replaced again if its successors are lost as well', async () => {
    const { sts, guard, answer } = await abandoned()
    later(TIMEOUT_MS + 100)
    void verdict(guard, await sts.mint())
    const third = verdict(guard, await sts.mint())
    later(TIMEOUT_MS + 100)
    await aWhile()
    expect(sts.requests).toHaveLength(3)
    await answer(2)
    expect(await third).toBe('admit')
  })

  it('delays no request for longer than two fetches, even if clients leave one after another', async () => {
    const { sts, guard } = await abandoned()
    const answers: string[] = []
    for (let waiting = 0; waiting < 3; waiting++) {
      void verdict(guard, await sts.mint()).then((answer) => answers.push(answer))
    }
    await aWhile()
    later(TIMEOUT_MS + 100)
    await aWhile()
    expect([sts.requests.length, answers]).toEqual([2, []])
    later(TIMEOUT_MS + 100)
    await aWhile()
    // One of them has made the second fetch and ended with it.
    expect([sts.requests.length, answers]).toEqual([2, ['keys_unavailable', 'keys_unavailable']])
  })

  it('is waited for only once if the last keys can still be used', async () => {
    const { sts, guard, first, answer } = await abandoned()
    await answer(0)
    await first
    later(300_000)
    void verdict(guard, await sts.mint())
    const second = verdict(guard, await sts.mint())
    await aWhile()
    later(TIMEOUT_MS + 100)
    expect(await second).toBe('admit')
    expect(sts.requests).toHaveLength(2)
  })

  it('does not delay mandates of known keys if it was a search for an unknown one', async () => {
    const { sts, guard, first, answer } = await abandoned()
    await answer(0)
    await first
    later(1)
    void verdict(guard, strangersToken())
    await aWhile()
    expect(sts.requests).toHaveLength(2)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('still counts as the search of its cooldown: a client that leaves cannot cause another', async () => {
    const { sts, guard, first, answer } = await abandoned(120_000)
    await answer(0)
    await first
    later(1)
    void verdict(guard, strangersToken())
    const second = guard.authorizeToken(strangersToken())
    await aWhile()
    later(TIMEOUT_MS + 100)
    expect(await second).toMatchObject({ code: 'keys_unavailable', fault: 'timeout' })
    expect(sts.requests).toHaveLength(2)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    await sts.rotate()
    expect(await verdict(guard, await sts.mint()), 'nobody knows whether it is a key').toBe(
      'keys_unavailable',
    )
    later(120_000 - TIMEOUT_MS - 100) // the cooldown counts from its start
    void verdict(guard, strangersToken())
    await aWhile()
    expect(sts.requests).toHaveLength(3)
  })

  it('no longer counts as an outage when it was replaced: an unknown key is searched for', async () => {
    const { sts, guard, answer } = await abandoned(120_000)
    later(TIMEOUT_MS + 100)
    const second = verdict(guard, await sts.mint())
    await answer(1)
    expect(await second).toBe('admit')
    later(1)
    const stranger = verdict(guard, strangersToken())
    await aWhile()
    await answer(2)
    expect(await stranger).toBe('unknown_key')
  })

  describe('and that ends after it was replaced', () => {
    /** The second fetch brought only a new key; the first is still in progress. */
    async function replaced() {
      const scene = await abandoned()
      const { sts, guard, answer } = scene
      const oldKeys = [await currentKey(sts)]
      const oldToken = await sts.mint()
      await sts.rotate({ retirePrevious: true })
      later(TIMEOUT_MS + 100)
      const second = verdict(guard, await sts.mint())
      await answer(1)
      expect(await second).toBe('admit')
      return { ...scene, oldKeys, oldToken }
    }

    it('does not replace the newer document', async () => {
      const { sts, guard, first, answer, oldKeys, oldToken } = await replaced()
      await answer(0, oldKeys)
      expect(await first, 'the request that it belonged to').toBe('unknown_key')
      expect(await verdict(guard, oldToken)).toBe('unknown_key')
      expect(await verdict(guard, await sts.mint())).toBe('admit')
      expect(sts.requests).toHaveLength(2)
    })

    it('does not make the newer document look older', async () => {
      const { sts, guard, first, answer, oldKeys } = await replaced()
      await answer(0, oldKeys)
      await first
      later(299_999)
      expect(await verdict(guard, await sts.mint())).toBe('admit')
      expect(sts.requests).toHaveLength(2)
    })

    it('with a failure, is not an outage', async () => {
      const { guard, first, fetches } = await replaced()
      fetches[0]?.reject(new TypeError('fetch failed'))
      await first
      expect(await verdict(guard, strangersToken())).toBe('unknown_key')
    })

    it('before its successor does, does not answer its own request', async () => {
      const { sts, guard, first, answer } = await abandoned()
      later(TIMEOUT_MS + 100)
      const second = verdict(guard, await sts.mint())
      await answer(0)
      expect(await first).toBe('keys_unavailable')
      await answer(1)
      expect(await second).toBe('admit')
    })

    it('does not end the wait for a third', async () => {
      const { sts, guard, answer, oldKeys } = await replaced()
      later(300_000)
      const third = verdict(guard, await sts.mint())
      await answer(0, oldKeys)
      await aWhile()
      const fourth = verdict(guard, await sts.mint())
      await aWhile()
      expect(sts.requests).toHaveLength(3)
      await answer(2)
      expect([await third, await fourth]).toEqual(['admit', 'admit'])
    })
  })
})
