// After a failed fetch: without keys the next one comes soon, with keys after the cooldown, and a 503 says when.

import type { KeySetOptions, MandateVerifier } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import {
  type ScriptedIssuer,
  scriptedIssuer,
  strangersToken,
  verdict,
  verdicts,
} from '../support/scripted-issuer.ts'

holdClock()

const SECOND = 1_000
const COOLDOWN_MS = 30 * SECOND
const keySet: KeySetOptions = { maxAgeMs: 60 * SECOND, maxStaleMs: 300 * SECOND, cooldownMs: COOLDOWN_MS }

/** An issuer that answers with a status. */
function failing(status: number, headers: HeadersInit = {}, departures: KeySetOptions = {}) {
  const sts = scriptedIssuer()
  sts.answer(async () => new Response('', { status, headers }))
  return { sts, guard: sts.guard({ keySet: { ...keySet, ...departures } }) }
}

/** How long nothing is fetched, to some ms. A mandate is asked about all the time. */
async function pauseOf({ requests, mint }: ScriptedIssuer, guard: MandateVerifier, stepMs = 10) {
  const before = requests.length
  const token = await mint({ lifetimeSeconds: 3_600 })
  for (let passed = 0; ; passed += stepMs) {
    await verdict(guard, token)
    if (requests.length > before) return passed
    later(stepMs)
  }
}

const secondsUntilRetry = async (guard: MandateVerifier, token: string) => {
  const decision = await guard.authorizeToken(token)
  return decision.outcome === 'deny' ? decision.retryAfterSeconds : undefined
}

describe('without keys', () => {
  it('one failed fetch is an outage of half a second at most, not of a cooldown', async () => {
    const { sts, guard } = failing(500)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
    sts.serve()
    later(149)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
    expect(sts.requests).toHaveLength(1)
    later(301)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('the pauses double up to the cooldown, and begin anew after a success', { tags: 'slow' }, async () => {
    const { sts, guard } = failing(500)
    await verdict(guard, strangersToken())
    for (const mean of [300, 600, 1_200, 2_400, 4_800, 9_600]) {
      const pause = await pauseOf(sts, guard)
      expect(pause).toBeGreaterThanOrEqual(mean / 2)
      expect(pause).toBeLessThan(mean * 1.5 + 10)
    }
    // Two of at least 9.6 s, which may be shorter than the cooldown.
    for (const _ of [1, 2]) await pauseOf(sts, guard, 100)
    for (const _ of [1, 2]) expect(await pauseOf(sts, guard, 500)).toBe(COOLDOWN_MS)
    sts.serve()
    later(COOLDOWN_MS)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    sts.answer(async () => new Response('', { status: 500 }))
    later(300 * SECOND)
    await verdict(guard, strangersToken())
    expect(await pauseOf(sts, guard)).toBeLessThan(460)
  })

  it('requests at once, whoever they are from, cause one fetch after each pause', async () => {
    const { sts, guard } = failing(500)
    for (const fetches of [1, 2, 3]) {
      const tokens = await Promise.all(
        Array.from({ length: 20 }, (_, index) => (index % 2 ? sts.mint() : strangersToken())),
      )
      expect(await verdicts(guard, tokens)).toEqual(['keys_unavailable'])
      expect(sts.requests).toHaveLength(fetches)
      later(900)
    }
  })

  it.each([400, 404])(
    'a status of %i, which comes from the configuration, pauses for a cooldown',
    async (status) => {
      const { sts, guard } = failing(status)
      expect(await secondsUntilRetry(guard, await sts.mint())).toBe(30)
      expect(await pauseOf(sts, guard, 500)).toBe(COOLDOWN_MS)
    },
  )

  it('a cooldown that is shorter bounds every pause', async () => {
    const { sts, guard } = failing(500, {}, { cooldownMs: 100 })
    await verdict(guard, strangersToken())
    for (const _ of [1, 2, 3]) expect(await pauseOf(sts, guard)).toBe(100)
  })

  it('after old keys have served for as long as they may, the next fetch is soon', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    await guard.warmup()
    sts.fail()
    later(299 * SECOND)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    later(SECOND)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
    sts.serve()
    later(450)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })
})

describe('with keys to use', () => {
  it('a failed fetch is repeated after the cooldown', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    await guard.warmup()
    sts.fail()
    later(60 * SECOND)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    later(10 * SECOND)
    expect(await secondsUntilRetry(guard, strangersToken())).toBe(20)
    expect(await pauseOf(sts, guard, 500)).toBe(20 * SECOND)
  })
})

describe('Retry-After of the issuer', () => {
  it.each([
    ['seconds', '7', 7],
    ['seconds, with white space', ' 7 ', 7],
    ['a date', new Date(1_800_000_000_000 + 7_000).toUTCString(), 7],
    ['a long time, up to five minutes', '86400', 300],
    ['a number beyond all numbers', '9'.repeat(400), 300],
  ])('as %s is honoured, and passed on', async (_, header, seconds) => {
    const { sts, guard } = failing(503, { 'Retry-After': header })
    const token = await sts.mint({ lifetimeSeconds: 3_600 })
    expect(await secondsUntilRetry(guard, token)).toBe(seconds)
    later(seconds * SECOND - 1)
    expect(await verdict(guard, token)).toBe('keys_unavailable')
    expect(sts.requests).toHaveLength(1)
    sts.serve()
    later(1)
    expect(await verdict(guard, token)).toBe('admit')
  })

  it.each([
    ['0', '0'],
    ['a date that is past', new Date(0).toUTCString()],
    ['no time', 'soon'],
    ['less than nothing', '-7'],
    ['nothing', ''],
  ])('as %s changes nothing', async (_, header) => {
    const { sts, guard } = failing(429, { 'Retry-After': header })
    await verdict(guard, strangersToken())
    const pause = await pauseOf(sts, guard)
    expect(pause).toBeGreaterThanOrEqual(150)
    expect(pause).toBeLessThan(460)
  })

  it('is honoured with keys to use, too, where it is more than the cooldown', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    await guard.warmup()
    sts.answer(async () => new Response('', { status: 503, headers: { 'Retry-After': '50' } }))
    later(60 * SECOND)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(await pauseOf(sts, guard, 500)).toBe(50 * SECOND)
  })
})

describe('Retry-After of a 503', () => {
  it('is the time until the next fetch, in whole seconds, and at least one', async () => {
    const { sts, guard } = failing(404)
    const token = await sts.mint()
    expect(await secondsUntilRetry(guard, token)).toBe(30)
    later(2_500)
    expect(await secondsUntilRetry(guard, token)).toBe(28)
    later(27_499)
    expect(await secondsUntilRetry(guard, token)).toBe(1)
    expect(sts.requests).toHaveLength(1)
    sts.serve()
    later(1)
    expect(await verdict(guard, token)).toBe('admit')
  })

  it('counts from the end of the failed fetch', async () => {
    const { sts, guard } = failing(404)
    sts.answer(async () => {
      later(1_000)
      return new Response('', { status: 404 })
    })
    const token = await sts.mint()
    expect(await secondsUntilRetry(guard, token)).toBe(30)
    later(29_999)
    await verdict(guard, token)
    expect(sts.requests).toHaveLength(1)
  })
})
