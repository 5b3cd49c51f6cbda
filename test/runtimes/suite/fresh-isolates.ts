// In workerd a promise of a request that is over never settles: whoever waited for it would wait forever.

import { setTimeout } from 'node:timers/promises'
import { decodeJwt } from 'jose'
import { describe, expect, test } from 'vitest'
import type { Deployment } from '../deployment.ts'
import { ask } from '../requests.ts'

/** The Worker of the tests then answers 504, and what the request was waiting for is left unsettled. */
const GIVING_UP = { 'X-Give-Up-After': '200' }

export function freshIsolates(at: Deployment): void {
  /** Has an isolate of its own, whose guard has not fetched anything yet, asked for statuses. */
  async function withFreshOne(use: (statusOf: StatusOf) => Promise<void>): Promise<void> {
    const { origin, stop } = await at.startAnother()
    const statusOf: StatusOf = async (headers = {}, given = at.issuer.mint(), signal) =>
      (await ask(origin, at.path('/x'), { mandate: await given, headers, ...(signal && { signal }) })).status
    try {
      await use(statusOf)
    } finally {
      await stop()
    }
  }

  describe('fresh isolates', () => {
    test('when the request that fetches the keys is over, the others take over', () =>
      withFreshOne(async (statusOf) => {
        const before = at.issuer.keySetRequests()
        await at.issuer.be('hold')
        const first = statusOf(GIVING_UP)
        await at.issuer.untilAsked(before + 1)
        const others = Promise.all(Array.from({ length: 10 }, () => statusOf()))
        expect(await first).toBe(504)
        await at.issuer.be('serve')
        expect(await others).toEqual(Array(10).fill(200))
        expect(await statusOf()).toBe(200)
      }))

    test('when the keys come, all who waited for them go on, whoever of them has hung up', () =>
      withFreshOne(async (statusOf) => {
        const before = at.issuer.keySetRequests()
        const clients = new AbortController()
        await at.issuer.be('hold')
        const first = statusOf()
        await at.issuer.untilAsked(before + 1)
        const leaving = Array.from({ length: 5 }, () =>
          statusOf({}, at.issuer.mint(), clients.signal).catch(() => 'hung up'),
        )
        const others = Promise.all(Array.from({ length: 10 }, () => statusOf()))
        await setTimeout(200)
        clients.abort()
        expect(await Promise.all(leaving)).toEqual(Array(5).fill('hung up'))
        await at.issuer.be('serve')
        expect(await first).toBe(200)
        expect(await others).toEqual(Array(10).fill(200))
        expect(at.issuer.keySetRequests(), 'for all of them').toBe(before + 1)
      }))

    test('when a request that asks the store is over, those beside it do not wait for it', () =>
      withFreshOne(async (statusOf) => {
        const mandate = await at.issuer.mint()
        const { sid } = decodeJwt(mandate)
        expect(await statusOf()).toBe(200)
        let isAsked = false
        at.redis.intervention = ({ commands }) => {
          const asksForIt = commands.flat().some((word) => String(word).endsWith(`${sid}`))
          isAsked ||= asksForIt
          return asksForIt
        }
        const first = statusOf({ 'X-Give-Up-After': '1000' }, mandate)
        // Whoever asks before may be in one question with it, which is held for all of them.
        await expect.poll(() => isAsked).toBe(true)
        const others = Promise.all(Array.from({ length: 10 }, () => statusOf()))
        expect(await first).toBe(504)
        expect(await others).toEqual(Array(10).fill(200))
      }))

    test('an issuer that never answers is an outage for every one of them, and recovers', () =>
      withFreshOne(async (statusOf) => {
        await at.issuer.be('hold')
        const all = Array.from({ length: 20 }, () => statusOf())
        expect(await Promise.all(all)).toEqual(Array(20).fill(503))
        await at.issuer.be('serve')
        await expect.poll(() => statusOf(), { timeout: 10_000 }).toBe(200)
      }))
  })
}

type StatusOf = (
  headers?: Readonly<Record<string, string>>,
  mandate?: string | Promise<string>,
  signal?: AbortSignal,
) => Promise<number>
