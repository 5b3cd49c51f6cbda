// Every reason for a refusal: its code, status, challenge and event, and which of two reasons is reported.

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseChallenge } from '../support/challenge.ts'
import { FAULTS } from '../support/fault-cases.ts'
import { bringAbout } from '../support/faults.ts'
import { codeOf, type Outcome, runGuard } from '../support/run-guard.ts'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(1_800_000_000_000)
  vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

const NO_EVENT = 'no event'

function reasonOf({ events }: Outcome): string {
  const [event] = events
  return event?.outcome === 'deny' ? event.reason : NO_EVENT
}

describe('a request with one fault', () => {
  it.each(FAULTS)('is refused for $reason with its code, status and challenge', async (wrong) => {
    const { options, request } = await bringAbout(wrong)
    const outcome = await runGuard(options, request)
    const { code, status, error } = wrong.answer
    expect(outcome.handled).toBe(0)
    expect(outcome.status).toBe(status)
    expect(codeOf(outcome)).toBe(code)
    expect(outcome.events).toEqual([
      expect.objectContaining({ outcome: 'deny', code, status, reason: wrong.reason, fault: wrong.fault }),
    ])
    const challenge = outcome.headers.get('www-authenticate')
    if (status >= 500) return expect(challenge).toBeNull()
    const { scheme, parameters } = parseChallenge(challenge)
    expect(scheme).toBe('Bearer')
    expect(parameters.error ?? null).toBe(error)
    expect(parameters.scope).toBe(wrong.reason === 'insufficient_scope' ? 'read admin' : undefined)
  })

  it('is admitted once that fault is mended', async () => {
    const { options, request } = await bringAbout()
    const outcome = await runGuard(options, request)
    expect([outcome.status, outcome.handled, outcome.text]).toEqual([200, 1, 'handled'])
  })
})

describe('of two faults, the earlier one in the order of protocol §3 is reported:', () => {
  it.each(FAULTS)('$reason before every later reason', async (earlier) => {
    for (const later of FAULTS.filter(({ rank }) => rank > earlier.rank)) {
      const { options, request } = await bringAbout(later, earlier)
      expect(reasonOf(await runGuard(options, request)), `with ${later.reason}`).toBe(earlier.reason)
    }
  })

  it.each([
    { claim: 'sub_type', value: 'robot' },
    { claim: 'use', value: 'anything' },
  ])('another zone (step 3) before an unknown $claim (step 4)', async ({ claim, value }) => {
    const mandate = { zone_id: 'zone-2', [claim]: value }
    const { options, request } = await bringAbout({ ...ONE_FAULT, mandate: () => ({ claims: mandate }) })
    expect(codeOf(await runGuard(options, request))).toBe('invalid_zone')
  })

  it('last of all the expiry of the mandate while the store is asked (step 8)', async () => {
    const { options, request } = await bringAbout()
    const revocations = {
      async lookup() {
        vi.setSystemTime(Date.now() + 900_000)
        return { revoked: false, delegationEpoch: 0 }
      },
    }
    const outcome = await runGuard({ ...options, revocations }, request)
    expect([outcome.status, outcome.handled, reasonOf(outcome)]).toEqual([401, 0, 'expired'])
  })
})

const ONE_FAULT = { reason: '', rank: 0, answer: { code: '', status: 0, error: null } }

describe('a mandate is judged only as far as the first failure', () => {
  it.each(FAULTS.filter(({ rank }) => rank < 15))('the store is not asked about $reason', async (wrong) => {
    const { options, request } = await bringAbout(wrong)
    const lookup = vi.fn(() => ({ revoked: false, delegationEpoch: 0 }))
    await runGuard({ ...options, revocations: { lookup } }, request)
    expect(lookup).not.toHaveBeenCalled()
  })

  it.each(FAULTS.filter(({ rank }) => rank < 4))('no key is fetched for $reason', async (wrong) => {
    const { options, request } = await bringAbout(wrong)
    const fetch = vi.fn(() => Promise.reject(new TypeError('out of reach')))
    await runGuard({ ...options, keySet: { fetch } }, request)
    expect(fetch).not.toHaveBeenCalled()
  })
})
