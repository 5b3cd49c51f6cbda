// The signal of an authority: when it fires, why, and what it holds until then.

import { type AuthoritySignalOptions, CaracalConfigError } from 'caracal-edge'
import { describe, expect, it, vi } from 'vitest'
import { deferred, holdClock, pass, setBack } from '../support/held-clock.ts'
import { LIFETIME_MS, liveAuthority, reasonOf } from '../support/live-authority.ts'
import { CLEAN } from '../support/recording-store.ts'

holdClock()

const REVOKED = { revoked: true, delegationEpoch: 0 }
const STALE = { revoked: false, delegationEpoch: 5 }
const down = () => Promise.reject(new Error('down'))
const never = () => new Promise(() => {})

describe('without an interval', () => {
  it('it fires when the mandate expires, asks no store, and holds one timer until then', async () => {
    const { authority, events, asked } = await liveAuthority()
    expect(vi.getTimerCount()).toBe(0)
    const signal = authority.signal()
    expect(vi.getTimerCount()).toBe(1)
    await pass(LIFETIME_MS - 1)
    expect([signal.aborted, events]).toEqual([false, []])
    await pass(1)
    expect(reasonOf(signal)).toBe('expired')
    expect(events).toMatchObject([{ outcome: 'deny', reason: 'expired', sub: authority.mandate.sub }])
    expect([vi.getTimerCount(), asked()]).toEqual([0, 0])
  })

  it('a revocation does not end it', async () => {
    const { authority, answers } = await liveAuthority()
    const signal = authority.signal()
    answers(() => REVOKED)
    await pass(LIFETIME_MS - 1)
    expect(signal.aborted).toBe(false)
  })

  it('its reason is an error that tells nothing but the denial', async () => {
    const { authority } = await liveAuthority()
    const signal = authority.signal()
    await pass(LIFETIME_MS)
    const { denial } = signal.reason
    expect(signal.reason).toMatchObject({ name: 'AuthorityEndedError', message: denial.description })
    expect(denial).toMatchObject({ outcome: 'deny', code: 'invalid_token', status: 401 })
    expect(Object.keys(signal.reason).sort()).toEqual(['denial', 'name'])
  })

  it('a mandate that has expired gives a signal that has fired, even if it is given up already', async () => {
    const { authority, events } = await liveAuthority()
    vi.setSystemTime(Date.now() + LIFETIME_MS)
    const signals = [authority.signal(), authority.signal({ until: AbortSignal.abort() })]
    expect(signals.map(reasonOf)).toEqual(['expired', 'expired'])
    expect([vi.getTimerCount(), events.length]).toEqual([0, 2])
  })

  it('each call gives a signal of its own', async () => {
    const { authority } = await liveAuthority()
    const until = new AbortController()
    const [one, other] = [authority.signal({ until: until.signal }), authority.signal()]
    until.abort()
    await pass(LIFETIME_MS)
    expect([one.aborted, other.aborted]).toEqual([false, true])
  })

  it('it waits for longer than a timer can, by a clock that was set back', async () => {
    const { authority } = await liveAuthority()
    const days = 60 * 86_400_000
    setBack(days)
    const set = vi.fn(globalThis.setTimeout)
    vi.stubGlobal('setTimeout', set)
    const signal = authority.signal()
    await pass(days + LIFETIME_MS - 1)
    expect(signal.aborted).toBe(false)
    expect(set.mock.calls.length).toBeLessThan(5)
    await pass(1)
    expect(reasonOf(signal)).toBe('expired')
    vi.unstubAllGlobals()
  })

  it('it fires late, but fires, if the clock was set back meanwhile', async () => {
    const { authority } = await liveAuthority()
    const signal = authority.signal()
    setBack(5_000)
    await pass(LIFETIME_MS)
    expect([signal.aborted, vi.getTimerCount()]).toEqual([false, 1])
    await pass(5_000)
    expect(reasonOf(signal)).toBe('expired')
  })
})

describe('with an interval', () => {
  it.each([
    ['session_revoked', REVOKED],
    ['delegation_stale', STALE],
  ])('it fires at the next check with %s, in one event', async (reason, state) => {
    const { authority, answers, events, asked } = await liveAuthority()
    const signal = authority.signal({ recheckEveryMs: 1_000 })
    await pass(2_500)
    expect([asked(), events]).toEqual([2, []])
    answers(() => state)
    await pass(499)
    expect(signal.aborted).toBe(false)
    await pass(1)
    expect(reasonOf(signal)).toBe(reason)
    expect(events).toMatchObject([{ outcome: 'deny', reason }])
    await pass(LIFETIME_MS)
    expect([asked(), vi.getTimerCount(), events.length]).toEqual([3, 0, 1])
  })

  it('it fires at the end of the mandate too, and no check comes after it', async () => {
    const { authority, asked } = await liveAuthority({}, 10)
    const signal = authority.signal({ recheckEveryMs: 4_000 })
    await pass(9_999)
    expect([signal.aborted, asked()]).toEqual([false, 2])
    await pass(1)
    expect(reasonOf(signal)).toBe('expired')
    await pass(60_000)
    expect([asked(), vi.getTimerCount()]).toEqual([2, 0])
  })

  it('checks begin an interval apart, however long they take, and never two at a time', async () => {
    const { authority, answers, asked } = await liveAuthority({ storeTimeoutMs: 5_000 })
    const slow = (ms: number) => () => new Promise((resolve) => setTimeout(resolve, ms, CLEAN))
    answers(slow(900))
    authority.signal({ recheckEveryMs: 1_000 })
    await pass(3_000)
    expect(asked()).toBe(3)
    answers(slow(2_500))
    await pass(1_000)
    expect(asked()).toBe(4)
    await pass(2_499)
    expect(asked()).toBe(4)
    await pass(2)
    expect(asked()).toBe(5)
  })

  it('it fires in time while the store is asked', async () => {
    const { authority, answers } = await liveAuthority({ storeTimeoutMs: 60_000 }, 10)
    const signal = authority.signal({ recheckEveryMs: 9_000 })
    answers(never)
    await pass(9_999)
    expect(signal.aborted).toBe(false)
    await pass(1)
    expect(reasonOf(signal)).toBe('expired')
  })

  it('a clock that is set back does not put off the next check', async () => {
    const { authority, answers } = await liveAuthority()
    const signal = authority.signal({ recheckEveryMs: 1_000 })
    await pass(1_500)
    setBack(600_000)
    answers(() => REVOKED)
    await pass(1_500)
    expect(reasonOf(signal)).toBe('session_revoked')
  })

  it('nor does one that is set back while the store is asked', async () => {
    const { authority, answers } = await liveAuthority()
    const signal = authority.signal({ recheckEveryMs: 1_000 })
    answers(() => new Promise((resolve) => setTimeout(resolve, 100, CLEAN)))
    await pass(1_050)
    setBack(600_000)
    answers(() => REVOKED)
    await pass(1_050)
    expect(reasonOf(signal)).toBe('session_revoked')
  })
})

describe('while the check is impossible', () => {
  it.each<{ options: AuthoritySignalOptions; answer: () => unknown; endsAt: number; asks: number }>([
    { options: { recheckEveryMs: 1_000 }, answer: down, endsAt: 2_000, asks: 2 },
    { options: { recheckEveryMs: 1_000, graceMs: 0 }, answer: down, endsAt: 1_000, asks: 1 },
    { options: { recheckEveryMs: 1_000, graceMs: 300 }, answer: down, endsAt: 1_300, asks: 2 },
    { options: { recheckEveryMs: 1_000, graceMs: 2_500 }, answer: down, endsAt: 3_500, asks: 4 },
    { options: { recheckEveryMs: 1_000, graceMs: 2_500 }, answer: () => undefined, endsAt: 3_500, asks: 4 },
    // Each check takes the 200 ms of the deadline.
    { options: { recheckEveryMs: 1_000, graceMs: 0 }, answer: never, endsAt: 1_200, asks: 1 },
    { options: { recheckEveryMs: 1_000 }, answer: never, endsAt: 2_200, asks: 2 },
  ])('$options fires after $endsAt ms', async ({ options, answer, endsAt, asks }) => {
    const { authority, answers, events, asked } = await liveAuthority()
    answers(answer)
    const signal = authority.signal(options)
    await pass(endsAt - 1)
    expect([signal.aborted, events]).toEqual([false, []])
    await pass(1)
    expect(reasonOf(signal)).toBe('revocation_unavailable')
    expect(signal.reason.denial.status).toBe(503)
    expect(events).toMatchObject([{ code: 'revocation_unavailable' }])
    await pass(60_000)
    expect([asked(), vi.getTimerCount()]).toEqual([asks, 0])
  })

  it('one check that succeeds ends the outage, and the next outage counts from its own beginning', async () => {
    const { authority, answers, events } = await liveAuthority()
    const signal = authority.signal({ recheckEveryMs: 1_000, graceMs: 2_500 })
    for (let outage = 0; outage < 20; outage++) {
      answers(down)
      await pass(2_000)
      answers(() => CLEAN)
      await pass(1_000)
    }
    expect([signal.aborted, events]).toEqual([false, []])
    answers(down)
    await pass(3_499)
    expect(signal.aborted).toBe(false)
    await pass(1)
    expect(reasonOf(signal)).toBe('revocation_unavailable')
  })

  it('a revocation that is seen in its grace ends it at once', async () => {
    const { authority, answers } = await liveAuthority()
    const signal = authority.signal({ recheckEveryMs: 1_000, graceMs: 60_000 })
    answers(down)
    await pass(5_500)
    answers(() => REVOKED)
    await pass(500)
    expect(reasonOf(signal)).toBe('session_revoked')
  })

  it('a clock that is set back does not prolong the grace', async () => {
    const { authority, answers } = await liveAuthority()
    const signal = authority.signal({ recheckEveryMs: 1_000, graceMs: 5_000 })
    answers(down)
    await pass(1_000)
    setBack(600_000)
    await pass(1_000)
    expect(reasonOf(signal)).toBe('revocation_unavailable')
  })
})

describe('until', () => {
  it('gives it up: no timer, no look-up, no listener, and it never fires', async () => {
    const { authority, answers, events, asked } = await liveAuthority()
    const until = new AbortController()
    const [added, removed] = [
      vi.spyOn(until.signal, 'addEventListener'),
      vi.spyOn(until.signal, 'removeEventListener'),
    ]
    const signal = authority.signal({ recheckEveryMs: 1_000, until: until.signal })
    await pass(1_500)
    until.abort()
    expect(vi.getTimerCount()).toBe(0)
    answers(() => REVOKED)
    await pass(2 * LIFETIME_MS)
    expect([signal.aborted, asked(), events]).toEqual([false, 1, []])
    expect(removed.mock.calls.map(([type, listener]) => [type, listener])).toEqual(
      added.mock.calls.map(([type, listener]) => [type, listener]),
    )
  })

  it('also gives up a check that is under way', async () => {
    const { authority, answers, events } = await liveAuthority()
    const until = new AbortController()
    const answer = deferred<unknown>()
    answers(() => answer.promise)
    const signal = authority.signal({ recheckEveryMs: 1_000, until: until.signal })
    await pass(1_100)
    until.abort()
    answer.resolve(REVOKED)
    await pass(LIFETIME_MS)
    expect([signal.aborted, events, vi.getTimerCount()]).toEqual([false, [], 0])
  })

  it('may have fired already', async () => {
    const { authority } = await liveAuthority()
    const signal = authority.signal({ recheckEveryMs: 1_000, until: AbortSignal.abort() })
    expect(vi.getTimerCount()).toBe(0)
    await pass(LIFETIME_MS)
    expect(signal.aborted).toBe(false)
  })

  it('keeps no listener of a signal that has fired', async () => {
    const { authority } = await liveAuthority()
    const until = new AbortController()
    const [added, removed] = [
      vi.spyOn(until.signal, 'addEventListener'),
      vi.spyOn(until.signal, 'removeEventListener'),
    ]
    authority.signal({ until: until.signal })
    await pass(LIFETIME_MS)
    expect(added).toHaveBeenCalledTimes(1)
    expect(removed.mock.lastCall?.[1]).toBe(added.mock.lastCall?.[1])
  })
})

it('its timer does not keep a process alive', async () => {
  const { authority } = await liveAuthority()
  const unref = vi.fn()
  const timer = { unref }
  vi.stubGlobal('setTimeout', () => timer)
  authority.signal()
  expect(unref).toHaveBeenCalledTimes(1)
  expect(unref.mock.contexts[0]).toBe(timer)
  vi.unstubAllGlobals()
})

const SECONDS = 'must be 100 or more: it is in milliseconds, not seconds'
const MILLISECONDS = 'must be a whole number of milliseconds'

it.each<[unknown, string]>([
  [undefined, 'the options must be an object, not undefined'],
  [10_000, 'the options must be an object, not a number'],
  [{ recheckEveryMs: undefined }, 'recheckEveryMs is undefined'],
  [{ recheckEveryMs: 30 }, `recheckEveryMs ${SECONDS}`],
  [{ recheckEveryMs: 99 }, `recheckEveryMs ${SECONDS}`],
  [{ recheckEveryMs: 0 }, `recheckEveryMs ${MILLISECONDS}`],
  [{ recheckEveryMs: Number.NaN }, `recheckEveryMs ${MILLISECONDS}`],
  [{ recheckEveryMs: Number.POSITIVE_INFINITY }, `recheckEveryMs ${MILLISECONDS}`],
  [{ recheckEveryMs: 2 ** 31 }, `recheckEveryMs ${MILLISECONDS}`],
  [{ recheckEveryMs: 100.5 }, `recheckEveryMs ${MILLISECONDS}`],
  [{ recheckEveryMs: '1000' }, `recheckEveryMs ${MILLISECONDS}`],
  [{ recheckEveryMs: 1_000, graceMs: -1 }, `graceMs ${MILLISECONDS}`],
  [{ recheckEveryMs: 1_000, graceMs: Number.NaN }, `graceMs ${MILLISECONDS}`],
  [{ graceMs: 1_000 }, 'graceMs is for checks that fail, and there are none: set recheckEveryMs too'],
  [{ until: undefined }, 'until is undefined'],
  [{ until: new AbortController() }, 'until must be an object with a `addEventListener` method'],
  [{ signal: new AbortController().signal }, 'Unknown option "signal"'],
  [{ recheckEvery: 1_000 }, 'Did you mean "recheckEveryMs"?'],
])('refuses %o', async (options, says) => {
  const { authority } = await liveAuthority()
  const signal: (given: never) => unknown = (given) => authority.signal(given)
  expect(() => signal(options as never)).toThrow(CaracalConfigError)
  expect(() => signal(options as never)).toThrow(says)
  expect(vi.getTimerCount()).toBe(0)
})
