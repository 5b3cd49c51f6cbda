// In workerd a promise of a request that is gone never settles: whoever waited for it would wait forever.

import { describe, expect, test } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { ask } from '../requests.ts'

export function freshIsolates(at: Deployment): void {
  describe('fresh isolates', () => {
    test('when the request that fetches the keys is gone, the others take over', async () => {
      const { askOnce, stop } = await freshOne(at)
      try {
        const before = at.issuer.asked()
        await at.issuer.be('hold')
        const abandoned = new AbortController()
        const first = askOnce(abandoned.signal).catch(() => 'gone')
        await at.issuer.untilAsked(before + 1)
        const others = Promise.all(Array.from({ length: 10 }, () => askOnce()))
        abandoned.abort()
        expect(await first).toBe('gone')
        setTimeout(() => at.issuer.be('serve'), 500)
        expect(await others).toEqual(Array(10).fill(200))
        expect(await askOnce()).toBe(200)
      } finally {
        await stop()
      }
    })

    test('when a request that asks the store is gone, the others do not wait for it', async () => {
      const { askOnce, stop } = await freshOne(at)
      try {
        const abandoned = new AbortController()
        const isAsked = new Promise<void>((resolve) => {
          at.redis.intervention = () => {
            at.redis.intervention = undefined
            resolve()
            return true
          }
        })
        const first = askOnce(abandoned.signal).catch(() => 'gone')
        await isAsked
        const others = Promise.all(Array.from({ length: 10 }, () => askOnce()))
        abandoned.abort()
        expect(await first).toBe('gone')
        expect(await others).toEqual(Array(10).fill(200))
      } finally {
        await stop()
      }
    })

    test('an issuer that never answers is an outage for every one of them, and recovers', async () => {
      const { askOnce, stop } = await freshOne(at)
      try {
        await at.issuer.be('hold')
        expect(await Promise.all(Array.from({ length: 20 }, () => askOnce()))).toEqual(Array(20).fill(503))
        await at.issuer.be('serve')
        await expect.poll(() => askOnce(), { timeout: 10_000 }).toBe(200)
      } finally {
        await stop()
      }
    })
  })
}

/** An isolate of the test's own, whose guard has not fetched anything yet. */
async function freshOne(at: Deployment) {
  const { origin, stop } = await at.startAnother()
  return {
    stop,
    async askOnce(signal?: AbortSignal): Promise<number> {
      const mandate = await at.issuer.mint()
      return (await ask(origin, at.path('/x'), { mandate, ...(signal && { signal }) })).status
    },
  }
}
