// When a mandate is valid: the limits of `exp`, `nbf` and `iat`, to the second.

import { withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { bearer } from '../support/requests.ts'
import { runGuard } from '../support/run-guard.ts'

const NOW = 1_800_000_000
const issuer = createTestIssuer()

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(NOW * 1000)
})
afterEach(() => {
  vi.useRealTimers()
})

it.each([
  { claim: 'exp', offset: -61, reason: 'expired' },
  { claim: 'exp', offset: -59, reason: 'expired' },
  { claim: 'exp', offset: -1, reason: 'expired' },
  { claim: 'exp', offset: 0, reason: 'expired' },
  { claim: 'exp', offset: 1, reason: 'admitted' },
  { claim: 'iat', offset: 60, reason: 'admitted' },
  { claim: 'iat', offset: 61, reason: 'not_yet_valid' },
  { claim: 'nbf', offset: 60, reason: 'admitted' },
  { claim: 'nbf', offset: 61, reason: 'not_yet_valid' },
  { claim: 'nbf', offset: -3600, reason: 'admitted' },
  { claim: 'iat', offset: 0, tolerance: 0, reason: 'admitted' },
  { claim: 'iat', offset: 1, tolerance: 0, reason: 'not_yet_valid' },
  { claim: 'nbf', offset: 0, tolerance: 0, reason: 'admitted' },
  { claim: 'nbf', offset: 1, tolerance: 0, reason: 'not_yet_valid' },
  { claim: 'nbf', offset: 300, tolerance: 300, reason: 'admitted' },
  { claim: 'nbf', offset: 301, tolerance: 300, reason: 'not_yet_valid' },
  { claim: 'exp', offset: 0, tolerance: 300, reason: 'expired' },
])('$claim $offset s from now, tolerance $tolerance → $reason', async (edge) => {
  const { claim, offset, tolerance, reason } = edge
  const token = await issuer.mint({ claims: { [claim]: NOW + offset } })
  const clock = tolerance === undefined ? {} : { clockToleranceSeconds: tolerance }
  const { events } = await runGuard({ ...issuer.options, ...clock }, bearer(token))
  const [event] = events
  expect(event?.outcome === 'deny' ? event.reason : 'admitted').toBe(reason)
})

it('a mandate is valid up to the last millisecond before the second in `exp`', async () => {
  const token = await issuer.mint({ claims: { exp: NOW + 1 } })
  vi.setSystemTime(NOW * 1000 + 999)
  expect((await runGuard(issuer.options, bearer(token))).status).toBe(200)
  vi.setSystemTime(NOW * 1000 + 1000)
  expect((await runGuard(issuer.options, bearer(token))).status).toBe(401)
})

it('a mandate that was verified before also expires (concurrency-isolation-04)', async () => {
  const verdicts: string[] = []
  const guarded = withCaracal(() => new Response(), {
    ...issuer.options,
    onDecision: ({ outcome }) => verdicts.push(outcome),
  })
  const token = await issuer.mint({ lifetimeSeconds: 2 })
  for (const seconds of [0, 1, 2, 3]) {
    vi.setSystemTime((NOW + seconds) * 1000)
    await guarded(bearer(token))
  }
  expect(verdicts).toEqual(['admit', 'admit', 'deny', 'deny'])
})
