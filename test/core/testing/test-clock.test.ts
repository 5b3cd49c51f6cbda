// `startTestClock`: guard, issuer, stores and signals obey the time that a test sets.

import { createMandateVerifier, withCaracal } from 'caracal-edge'
import { createTestIssuer, createTestStore, startTestClock, type TestClock } from 'caracal-edge/testing'
import { afterEach, describe, expect, it } from 'vitest'

let clock: TestClock | undefined
const started = (...given: Parameters<typeof startTestClock>) => {
  clock = startTestClock(...given)
  return clock
}
afterEach(() => clock?.restore())

const MINUTE = 60_000

describe('guard and issuer', () => {
  it('obey one clock: a mandate ends when its time has gone by', async () => {
    const issuer = createTestIssuer()
    const verifier = createMandateVerifier(issuer.options)
    const clock = started(Date.UTC(2030, 0, 1))
    const mandate = await issuer.mint({ lifetimeSeconds: 900 })
    const verdict = async () => {
      const decision = await verifier.authorizeToken(mandate)
      return decision.outcome === 'deny' ? decision.reason : decision.outcome
    }
    expect(await verdict()).toBe('admit')
    await clock.advance(15 * MINUTE - 1)
    expect(await verdict()).toBe('admit')
    await clock.advance(1)
    expect(await verdict()).toBe('expired')
    clock.set(Date.UTC(2030, 0, 1))
    expect(await verdict()).toBe('admit')
    clock.set(new Date(Date.UTC(2029, 11, 31)))
    expect(await verdict()).toBe('not_yet_valid')
  })

  it('obey it where a revocation is forgotten', async () => {
    const issuer = createTestIssuer()
    const clock = started()
    await issuer.revocations.markRevoked('sid-7', 20 * MINUTE)
    const revoked = () => issuer.revocations.lookup({ anchors: ['sid-7'], zoneId: undefined }).revoked
    await clock.advance(20 * MINUTE - 1)
    expect(revoked()).toBe(true)
    await clock.advance(1)
    expect(revoked()).toBe(false)
  })

  it('obey it in the signal of an authority', async () => {
    const issuer = createTestIssuer()
    const clock = started(Date.UTC(2030, 0, 1))
    let signal: AbortSignal | undefined
    const guarded = withCaracal((_request, { authority }) => {
      signal = authority.signal({ recheckEveryMs: 30_000 })
      return new Response()
    }, issuer.options)
    const call = async (mandate: string) => {
      const headers = { authorization: `Bearer ${mandate}` }
      expect((await guarded(new Request('https://api.test/', { headers }))).status).toBe(200)
    }
    await call(await issuer.mint({ lifetimeSeconds: 120 }))
    await clock.advance(2 * MINUTE - 1)
    expect(signal?.aborted).toBe(false)
    await clock.advance(1)
    expect(signal?.reason).toMatchObject({ denial: { reason: 'expired' } })

    const revoked = await issuer.mint()
    await call(revoked)
    await issuer.revoke(revoked)
    expect(signal?.aborted).toBe(false)
    await clock.advance(30_000)
    expect(signal?.reason).toMatchObject({ denial: { code: 'session_revoked' } })
  })

  it('obey it in the time limit of a lookup', async () => {
    const store = createTestStore()
    const issuer = createTestIssuer({ revocations: store })
    const verifier = createMandateVerifier({ ...issuer.options, storeTimeoutMs: 1_000 })
    const mandate = await issuer.mint()
    // The keys first: signatures take real time.
    await verifier.authorizeToken(mandate)
    const clock = started()
    store.fallSilent()
    const decision = verifier.authorizeToken(mandate)
    await clock.advance(1_000)
    expect(await decision).toMatchObject({ code: 'revocation_unavailable', fault: 'timeout' })
  })
})

describe('the clock', () => {
  it('is what every way to read the time reads', async () => {
    const clock = started(new Date('2030-01-01T00:00:00Z'))
    await clock.advance(1_500)
    expect([clock.now(), Date.now(), Reflect.construct(Date, []).getTime()]).toEqual(
      Array(3).fill(Date.UTC(2030, 0, 1) + 1_500),
    )
    expect(Date()).toContain('2030')
    expect(new Date()).toBeInstanceOf(Date)
    expect(new Date(7).getTime()).toBe(7)
    expect(Date.UTC(1970, 0, 1)).toBe(0)
  })

  it('runs timers in the order of their times, each at its time, with promises between them', async () => {
    const clock = started(Date.UTC(2030, 0, 1))
    const seen: string[] = []
    const note = (name: string) => seen.push(`${name} ${clock.now() - Date.UTC(2030, 0, 1)}`)
    setTimeout(note, 30, 'late')
    setTimeout(note, 10, 'first')
    setTimeout(note, 10, 'second')
    const cleared = setTimeout(note, 5, 'never')
    clearTimeout(cleared)
    setTimeout(async () => {
      await Promise.resolve()
      setTimeout(note, 5, 'nested')
    }, 10)
    const interval = setInterval(() => {
      note('tick')
      if (clock.now() >= Date.UTC(2030, 0, 1) + 40) clearInterval(interval)
    }, 20)
    await clock.advance(25)
    expect(seen).toEqual(['first 10', 'second 10', 'nested 15', 'tick 20'])
    await clock.advance(100)
    expect(seen.slice(4)).toEqual(['late 30', 'tick 40'])
  })

  it('runs no timer when it is set', async () => {
    const clock = started()
    let ran = false
    setTimeout(() => {
      ran = true
    }, 10)
    clock.set(clock.now() + MINUTE)
    await clock.advance(9)
    expect(ran).toBe(false)
    await clock.advance(1)
    expect(ran).toBe(true)
  })

  it('rejects with what a timer throws', async () => {
    const clock = started()
    setTimeout(() => {
      throw new RangeError('thrown')
    }, 1)
    await expect(clock.advance(1)).rejects.toThrow('thrown')
  })

  it('stops in the middle of an advance when it is restored', async () => {
    const clock = started()
    let ticks = 0
    setInterval(() => {
      ticks += 1
      if (ticks === 3) clock.restore()
    }, 1)
    await clock.advance(2 ** 31)
    expect(ticks).toBe(3)
  })

  it('gives the platform its own back, once', async () => {
    const own = [Date, setTimeout, setInterval, clearTimeout, clearInterval]
    const real = setTimeout(() => {}, 1_000_000)
    const first = started()
    for (const each of [Date, setTimeout, setInterval, clearTimeout, clearInterval]) {
      expect(own.some((one) => one === each)).toBe(false)
    }
    clearTimeout(real)
    first.restore()
    expect(
      [Date, setTimeout, setInterval, clearTimeout, clearInterval].every((each, at) => each === own[at]),
    ).toBe(true)
    const second = started()
    first.restore()
    expect(own.some((one) => one === Date)).toBe(false)
    second.restore()
    expect(Date).toBe(own[0])
  })

  it('cannot run twice', () => {
    started()
    expect(() => startTestClock()).toThrow('call its restore() first')
  })

  it.each([Number.NaN, -1, 1.5, 60, 'soon', null, new Date(Number.NaN), {}])(
    'refuses %s as a time',
    (time) => {
      expect(() => startTestClock(time as never)).toThrow(/takes a Date, or milliseconds since 1970/)
      const clock = started()
      expect(() => clock.set(time as never)).toThrow(TypeError)
    },
  )

  it.each([Number.NaN, -1, 1.5, '1', undefined, 2n])('refuses to advance by %s', async (ms) => {
    await expect(started().advance(ms as never)).rejects.toThrow('a whole number of milliseconds')
  })
})
