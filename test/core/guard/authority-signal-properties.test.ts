// Revocation, outage, recovery and giving up in any order: the signal fires with a cause, in time, and holds nothing then.

import fc from 'fast-check'
import { afterAll, expect, it, vi } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import { holdClock } from '../support/held-clock.ts'
import { liveAuthority, reasonOf, STORE_TIMEOUT_MS } from '../support/live-authority.ts'
import { CLEAN } from '../support/recording-store.ts'

vi.setConfig({ testTimeout: 60_000 })
holdClock()

const LIFETIME_SECONDS = 8

/** What the store does; `undefined` if the answer tells that all is well. */
const STORES = {
  clean: undefined,
  slow: undefined,
  revoked: 'session_revoked',
  stale: 'delegation_stale',
  down: 'revocation_unavailable',
  hanging: 'revocation_unavailable',
} as const
type StoreState = keyof typeof STORES

interface Phase {
  readonly happens: StoreState | 'given up'
  readonly ms: number
}

const phases = fc.array(
  fc.record<Phase>({
    happens: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom<StoreState[]>('clean', 'slow') },
      { weight: 4, arbitrary: fc.constantFrom<StoreState[]>('revoked', 'stale', 'down', 'down', 'hanging') },
      { weight: 1, arbitrary: fc.constant('given up') },
    ),
    ms: fc.integer({ min: 1, max: 5_000 }),
  }),
  { minLength: 1, maxLength: 8 },
)
const intervals = fc.constantFrom(100, 300, 1_000)
const graces = fc.constantFrom(0, 250, 1_000, 3_000)

const endings = new Set<string>()

afterAll(() => {
  const all = [
    'delegation_stale',
    'expired',
    'given up',
    'goes on',
    'revocation_unavailable',
    'session_revoked',
  ]
  if (numRuns(20).numRuns === 20) expect([...endings].sort()).toEqual(all)
})

/** The store of one run: what it does, and what it has said. */
function storeOf() {
  let state: StoreState = 'clean'
  let knownGoodAt = Date.now()
  const told: { readonly reason: string; readonly at: number }[] = []
  const good = () => {
    knownGoodAt = Date.now()
    return CLEAN
  }
  const answer = () => {
    const reason = STORES[state]
    if (reason !== undefined) told.push({ reason, at: Date.now() })
    if (state === 'slow')
      return new Promise((resolve) => setTimeout(() => resolve(good()), STORE_TIMEOUT_MS / 2))
    if (state === 'clean') return good()
    if (state === 'revoked') return { revoked: true, delegationEpoch: 0 }
    if (state === 'stale') return { revoked: false, delegationEpoch: 5 }
    return state === 'down' ? Promise.reject(new Error('down')) : new Promise(() => {})
  }
  return {
    answer,
    told,
    knownGoodAt: () => knownGoodAt,
    become: (other: StoreState) => {
      state = other
    },
  }
}

it('an authority ends for a cause, in time, and once', async () => {
  const property = fc.asyncProperty(phases, intervals, graces, async (history, recheckEveryMs, graceMs) => {
    vi.clearAllTimers()
    const { authority, answers, asked, events } = await liveAuthority({}, LIFETIME_SECONDS)
    const store = storeOf()
    answers(store.answer)
    const until = new AbortController()
    const removed = vi.spyOn(until.signal, 'removeEventListener')
    const expiresAt = authority.mandate.expiresAt * 1000
    const signal = authority.signal({ recheckEveryMs, graceMs, until: until.signal })
    const seen = { firedAt: Number.NaN, knownGoodAt: Number.NaN }
    signal.addEventListener('abort', () => {
      Object.assign(seen, { firedAt: Date.now(), knownGoodAt: store.knownGoodAt() })
    })
    const isGivenUp = () => until.signal.aborted
    for (const { happens, ms } of history) {
      const since = Date.now()
      if (happens === 'given up') until.abort()
      else store.become(happens)
      await vi.advanceTimersByTimeAsync(ms)
      if (signal.aborted || isGivenUp()) break
      // It is still open: not longer than it may be.
      const now = Date.now()
      expect(now).toBeLessThan(expiresAt)
      expect(now - store.knownGoodAt()).toBeLessThanOrEqual(recheckEveryMs + graceMs + 2 * STORE_TIMEOUT_MS)
      if (happens === 'revoked' || happens === 'stale')
        expect(now - since).toBeLessThanOrEqual(recheckEveryMs + STORE_TIMEOUT_MS)
    }
    const reason = reasonOf(signal)
    endings.add(reason ?? (isGivenUp() ? 'given up' : 'goes on'))
    if (reason === 'expired') expect(seen.firedAt).toBe(expiresAt)
    else if (reason !== undefined) {
      // The store has said so, to the last question.
      const last = store.told.at(-1)
      expect(last?.reason).toBe(reason)
      expect(seen.firedAt - (last?.at ?? 0)).toBeLessThanOrEqual(STORE_TIMEOUT_MS)
      expect(seen.firedAt).toBeLessThan(expiresAt)
    }
    if (reason === 'revocation_unavailable')
      expect(seen.firedAt - seen.knownGoodAt).toBeGreaterThanOrEqual(graceMs)
    // Once it is over, nothing is left and nothing follows.
    until.abort()
    expect(removed).toHaveBeenCalled()
    const before = asked()
    await vi.advanceTimersByTimeAsync(2 * STORE_TIMEOUT_MS)
    expect(vi.getTimerCount()).toBe(0)
    await vi.advanceTimersByTimeAsync(LIFETIME_SECONDS * 1000)
    expect([asked(), reasonOf(signal), events.length]).toEqual([before, reason, reason === undefined ? 0 : 1])
  })
  await fc.assert(property, numRuns(1_000))
})
