// The timers of a test stand still: nobody waits for one that never fires.

import { withCaracal } from 'caracal-edge'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aWhile, deferred } from '../support/held-clock.ts'
import { requestWith, scriptedIssuer } from '../support/scripted-issuer.ts'

describe('with vi.useFakeTimers()', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it.each([1, 2, 20])('%i requests to a guard without keys are all answered', async (count) => {
    const sts = scriptedIssuer()
    const guarded = withCaracal(() => new Response('hello'), sts.options)
    const keys = await sts.jwks()
    const answer = deferred<Response>()
    sts.answer(() => answer.promise)
    const requests = await Promise.all(
      Array.from({ length: count }, async () => requestWith(await sts.mint())),
    )
    const answers = Promise.all(requests.map((request) => guarded(request)))
    await aWhile()
    answer.resolve(Response.json(keys))
    expect((await answers).map(({ status }) => status)).toEqual(Array(count).fill(200))
    expect(vi.getTimerCount()).toBe(0)
  })

  it('a key set is fetched again once it has grown old by that clock', async () => {
    const sts = scriptedIssuer()
    const guarded = withCaracal(() => new Response('hello'), sts.options)
    for (const fetches of [1, 2]) {
      const request = requestWith(await sts.mint())
      expect((await Promise.all([guarded(request), guarded(request)])).map(({ status }) => status)).toEqual([
        200, 200,
      ])
      expect(sts.requests).toHaveLength(fetches)
      vi.advanceTimersByTime(300_000)
    }
  })
})
