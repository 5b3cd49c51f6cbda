// An issuer that cannot be reached: no mandate is called invalid, the last set is used for a time, no request queues.

import { withCaracal } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { aWhile, holdClock, later } from '../support/held-clock.ts'
import {
  currentKey,
  type KeyFetch,
  requestWith,
  scriptedIssuer,
  strangersToken,
  unsigned,
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
    const response = await guarded(requestWith(await sts.mint()))
    expect(response.status).toBe(503)
    expect(response.headers.get('Retry-After')).toBe('1')
    expect(response.headers.has('WWW-Authenticate')).toBe(false)
    expect(await response.json()).toMatchObject({ error: 'keys_unavailable' })
    expect(handled).toBe(0)
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

  it('a success ends the outage for good: an unknown key is searched for again', async () => {
    const { sts, guard } = await outage()
    sts.serve()
    later(450)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    later(1)
    expect(await verdict(guard, strangersToken())).toBe('unknown_key')
    expect(sts.requests).toHaveLength(3)
  })
})

describe('what is refused for its claims alone', () => {
  const probe = () => strangersToken({ sid: undefined })
  const hold = () => new Promise<never>(() => {})

  it('is refused in an outage too: the platform’s test of the connection gets its 401', async () => {
    const { sts } = await outage()
    const guarded = withCaracal(() => new Response(), sts.options)
    const headers = { authorization: `Bearer ${probe()}` }
    const response = await guarded(new Request('https://api.test/', { method: 'HEAD', headers }))
    expect(response.status).toBe(401)
  })

  it.each<[string, KeyFetch | undefined]>([
    ['out of reach', () => Promise.reject(new TypeError('fetch failed'))],
    ['silent', hold],
    ['well', undefined],
  ])('causes no fetch from an issuer that is %s, with keys at hand or without', async (_, answer) => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet })
    if (answer !== undefined) sts.answer(answer)
    expect(await verdict(guard, probe())).toBe('invalid_claims')
    expect(sts.requests).toHaveLength(0)
    sts.serve()
    await guard.warmup()
    if (answer !== undefined) sts.answer(answer)
    for (const wait of [1, 60 * SECOND]) {
      later(wait)
      expect(await verdict(guard, probe())).toBe('invalid_claims')
    }
    expect(sts.requests).toHaveLength(1)
  })

  it.each([
    ['a claim of the wrong type', { sub: 7 }],
    ['no audience', { aud: undefined }],
    ['a key that it is bound to', { cnf: { jkt: 'x' } }],
    ['an id that is not well-formed', { jti: '\ud800' }],
  ])('is refused for %s', async (_, claims) => {
    const { guard } = await outage()
    expect(await verdict(guard, strangersToken(claims))).toBe('invalid_claims')
  })

  it.each([
    ['audience', { aud: ['resource://other'] }],
    ['issuer', { iss: 'https://other.test' }],
    ['use', { use: 'gateway' }],
    ['time', { exp: 1 }],
  ])('is not what has another %s: that is judged only under a signature', async (_, claims) => {
    const { guard } = await outage()
    expect(await verdict(guard, strangersToken(claims))).toBe('keys_unavailable')
  })

  it.each([
    ['long', { x: 'x'.repeat(8_192) }],
    ['deep', { x: JSON.parse(`${'['.repeat(20)}${']'.repeat(20)}`) }],
  ])('is not what is too %s to be read for a stranger', async (_, claims) => {
    const { guard } = await outage()
    expect(await verdict(guard, strangersToken({ sid: undefined, ...claims }))).toBe('keys_unavailable')
  })

  it('is refused for its signature where the key is at hand', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    await guard.warmup()
    const { kid } = await currentKey(sts)
    expect(await verdict(guard, unsigned({ alg: 'ES256', kid }, {}))).toBe('bad_signature')
  })
})

describe('a hundred requests at once to an issuer that', () => {
  it.each<[string, number, KeyFetch]>([
    ['cannot be reached', 1, () => Promise.reject(new TypeError('fetch failed'))],
    ['answers 500', 1, async () => new Response('', { status: 500 })],
    ['never answers', 2, () => new Promise(() => {})],
  ])('%s are all answered soon, by %i fetch', async (_, fetches, answer) => {
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
    later(timeoutMs / 4)
    await aWhile()
    later(timeoutMs)
    const responses = await Promise.all(answers)
    expect(performance.now() - startedAt).toBeLessThan(timeoutMs * 30)
    const seen = responses.map(({ status, headers }) => `${status} ${headers.get('Retry-After')}`)
    expect(new Set(seen)).toEqual(new Set(['503 1']))
    expect(sts.requests).toHaveLength(fetches)
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
      later(1_000)
      return Response.json(await sts.jwks())
    })
    const guard = sts.guard({ keySet })
    await guard.warmup()
    sts.fail()
    later(298_999)
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
    await guard.warmup()
    expect(sts.requests).toHaveLength(1)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    later(1)
    expect(await verdict(guard, await sts.mint())).toBe('keys_unavailable')
  })
})
