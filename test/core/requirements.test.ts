// What a route can require of a mandate, and what meets it: scopes, targets, use, agent, delegation, epoch, anchors.

import { InMemoryRevocationStore } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { bearer } from './support/requests.ts'
import { REQUIREMENT_GROUPS } from './support/requirement-cases.ts'
import { runGuard } from './support/run-guard.ts'

const issuer = createTestIssuer()

async function storeWith(zoneEpoch: number): Promise<InMemoryRevocationStore> {
  const revocations = new InMemoryRevocationStore()
  await revocations.markDelegationEpoch('zone-1', zoneEpoch)
  await revocations.markRevoked('revoked-1')
  return revocations
}

describe.each(REQUIREMENT_GROUPS)('$title:', ({ cases, zoneEpoch = 1 }) => {
  it.each(cases)('$title → $reason', async ({ mandate, options, reason }) => {
    const token = await issuer.mint(mandate)
    const revocations = await storeWith(zoneEpoch)
    const outcome = await runGuard({ ...issuer.options, revocations, ...options }, bearer(token))
    const [event] = outcome.events
    expect(event?.outcome === 'deny' ? event.reason : 'admitted').toBe(reason)
    expect(outcome.handled).toBe(reason === 'admitted' ? 1 : 0)
  })
})
