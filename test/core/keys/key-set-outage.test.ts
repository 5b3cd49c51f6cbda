// An issuer that cannot be reached: no mandate is called invalid, the last set is used for a time, no request queues.

import { withCaracal } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { aWhile, holdClock, later } from '../support/held-clock.ts'
import {
  type KeyFetch,
  requestWith,
  scriptedIssuer,
  strangersToken,
  verdict,
  verdicts,
} from '../support/scripted-issuer.ts'

holdClock()

const SECOND = 1_000
const keySet = { maxAgeMs: 60 * SECOND, maxStaleMs: 300 * SECOND, cooldownMs: 10 * SECOND }

/** A guard that never had keys, and an issuer whose answer has just failed. */
async function outage() {
  const sts = scriptedIssuer()
  const guard = sts.guard({ keySet })
  sts.fail()
  expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
  return { sts, guard }
}

/** A guard that has just fetched its keys, and an issuer that cannot be reached since then. */
async function outageAfterSuccess() {
  const sts = scriptedIssuer()
  const guard = sts.guard({ keySet })
  await guard.warmup()
  sts.fail()
  return { sts, guard }
}

describe('while the keys are not available', () => {
  it('a mandate is answered with 503 and a time to retry, not with 401', async () => {
    const { sts } = await outage()
    let handled = 0
    const guarded = withCaracal(() => new Response(String(handled++)), {
      ...sts.options,
      keySet: { ...sts.options.keySet, ...keySet },
    })
    later(2_500)
    const response = await guarded(requestWith(await sts.mint()))
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toBe('8')
    expect(response.headers.has('WWW-Authenticate')).toBe(false)
    expect(await response.json()).toMatchObject({ error: 'keys_unavailable' })
    expect(handled).toBe(0)
  })

  it('Retry-After is at least a second', async () => {
    const { sts, guard } = await outage()
    later(9_999)
    expect(await guard.authorizeToken(await sts.mint())).toMatchObject({ retryAfterSeconds: 1 })
    later(1)
    expect(await sts.guard({ keySet: { cooldownMs: 0 } }).authorizeToken(await sts.mint())).toMatchObject({
      retryAfterSeconds: 1,
    })
  })

  it('a forged mandate gets the same answer', async () => {
    const { sts, guard } = await outage()
    expect(await verdict(guard, await sts.mint({ key: 'forged' }))).toBe('keys_unavailable')
    expect(await verdict(guard, strangersToken())).toBe('keys_unavailable')
  })

  it('garbage is still an invalid token', async () => {
    const { guard } = await outage()
    expect(await verdict(guard, 'garbage')).toBe('malformed')
  })

  it('an event says what failed', async () => {
    const { sts } = await outage()
    const events: unknown[] = []
    const guard = sts.guard({ keySet, onDecision: (event) => events.push(event) })
    await verdict(guard, await sts.mint())
    expect(events).toEqual([
      expect.objectContaining({
        ...{ outcome: 'deny', code: 'keys_unavailable', status: 503, reason: 'keys_unavailable' },
        fault: 'network',
        explanation: expect.stringContaining('the request to sts.test failed'),
      }),
    ])
  })

  it('a failed fetch is repeated when the cooldown ends, not before', async () => {
    const { sts, guard } = await outage()
    for (const wait of [0, 5_000, 4_999]) {
      later(wait)
      expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
    }
    expect(sts.requests).toHaveLength(1)
    later(1)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
    expect(sts.requests).toHaveLength(2)
  })

  it('the cooldown counts from the end of the failed fetch', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    sts.answer(async () => {
      later(4_000)
      return new Response('', { status: 500 })
    })
    await verdict(guard, await sts.mint())
    later(9_999)
    await verdict(guard, await sts.mint())
    expect(sts.requests).toHaveLength(1)
  })

  it('the first request after the cooldown is admitted if the issuer works again', async () => {
    const { sts, guard } = await outage()
    sts.serve()
    later(9_999)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
    later(1)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('a success ends the outage: an unknown key is searched for again', async () => {
    const { sts, guard } = await outage()
    sts.serve()
    later(10_000)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    later(1)
    expect(await verdict(guard, strangersToken())).toBe('unknown_key')
    expect(sts.requests).toHaveLength(3)
  })
})

describe('a hundred requests at the same time to an issuer that', () => {
  it.each<[string, KeyFetch]>([
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed'))],
    ['answers 500', async () => new Response('', { status: 500 })],
    ['never answers', () => new Promise(() => {})],
  ])('%s are all answered within the time of one fetch, by one fetch', async (_, answer) => {
    const sts = scriptedIssuer()
    sts.answer(answer)
    const timeoutMs = 100
    const guarded = withCaracal(() => new Response('hello'), {
      ...sts.options,
      keySet: { ...sts.options.keySet, timeoutMs },
    })
    const tokens = await Promise.all(Array.from({ length: 100 }, () => sts.mint()))
    const startedAt = performance.now()
    const answers = tokens.map((token) => guarded(requestWith(token)))
    await aWhile()
    later(timeoutMs)
    const responses = await Promise.all(answers)
    expect(performance.now() - startedAt).toBeLessThan(timeoutMs * 30)
    const seen = responses.map(({ status, headers }) => `${status} ${headers.get('Retry-After')}`)
    expect(new Set(seen)).toEqual(new Set(['503 30']))
    expect(sts.requests).toHaveLength(1)
  })
})

describe('the last key set', () => {
  it('is used while the issuer cannot be reached, until maxStaleMs after its fetch', async () => {
    const { sts, guard } = await outageAfterSuccess()
    for (const wait of [60 * SECOND, 100 * SECOND, 139_999]) {
      later(wait)
      expect(await verdict(guard, await sts.mint())).toBe('admit')
    }
    later(1)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
  })

  it('counts from the start of that fetch', async () => {
    const sts = scriptedIssuer()
    sts.answer(async () => {
      later(4_000)
      return Response.json(await sts.jwks())
    })
    const guard = sts.guard({ keySet })
    await guard.warmup()
    sts.fail()
    later(295_999)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    later(1)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
  })

  it('is used for ten minutes by default', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    await guard.warmup()
    sts.fail()
    later(599_999)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    later(1)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
  })

  it('is used without waiting for the issuer in each cooldown', async () => {
    const { sts, guard } = await outageAfterSuccess()
    later(60 * SECOND)
    for (let count = 0; count < 5; count++) {
      expect(await verdict(guard, await sts.mint())).toBe('admit')
      later(1_999)
    }
    expect(sts.requests).toHaveLength(2)
  })

  it('is used for a hundred requests at the same time, with one fetch', async () => {
    const { sts, guard } = await outageAfterSuccess()
    const tokens = await Promise.all(Array.from({ length: 100 }, () => sts.mint()))
    later(60 * SECOND)
    expect(await verdicts(guard, tokens)).toEqual(['admit'])
    expect(sts.requests).toHaveLength(2)
  })

  it('cannot say that a key is unknown: that is an outage', async () => {
    const { sts, guard } = await outageAfterSuccess()
    later(1)
    expect(await verdict(guard, strangersToken()), 'fresh, and the search fails').toBe('keys_unavailable')
    expect(await verdict(guard, strangersToken()), 'fresh, in the cooldown').toBe('keys_unavailable')
    later(60 * SECOND)
    expect(await verdict(guard, strangersToken()), 'stale').toBe('keys_unavailable')
    expect(await verdict(guard, await sts.mint()), 'a known key meanwhile').toBe('admit')
  })

  it('is replaced at the first request after the cooldown when the issuer works again', async () => {
    const { sts, guard } = await outageAfterSuccess()
    const token = await sts.mint()
    later(60 * SECOND)
    expect(await verdict(guard, token)).toBe('admit')
    await sts.rotate({ retirePrevious: true })
    sts.serve()
    later(9_999)
    expect(await verdict(guard, token), 'in the cooldown').toBe('admit')
    later(1)
    expect(await verdict(guard, token), 'after it').toBe('unknown_key')
  })

  it('is used for maxAgeMs even if maxStaleMs is less, and no longer', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { ...keySet, maxStaleMs: 0 } })
    await guard.warmup()
    sts.fail()
    later(60 * SECOND - 1)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(sts.requests).toHaveLength(1)
    later(1)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
  })
})
