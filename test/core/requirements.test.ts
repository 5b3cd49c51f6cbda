// What a route can ask of a mandate, and what meets it: scopes, targets, use, agent, delegation, epoch, anchors.

import { InMemoryRevocationStore } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import delegation from './delegation.json' with { type: 'json' }
import requirements from './requirements.json' with { type: 'json' }
import { fillObject } from './support/placeholders.ts'
import { bearer } from './support/requests.ts'
import { runGuard } from './support/run-guard.ts'

interface Case {
  readonly title: string
  readonly mandate?: object
  readonly options?: object
  readonly reason: string
}

const GROUPS: Readonly<Record<string, readonly Case[]>> = { ...requirements, ...delegation }
const issuer = createTestIssuer()

async function storeOf(group: string): Promise<InMemoryRevocationStore> {
  const revocations = new InMemoryRevocationStore()
  await revocations.markDelegationEpoch('zone-1', group.startsWith('delegation epoch') ? 8 : 1)
  await revocations.markRevoked('revoked-1')
  return revocations
}

describe.each(Object.entries(GROUPS))('%s:', (group, cases) => {
  it.each(cases)('$title → $reason', async ({ mandate, options, reason }) => {
    const token = await issuer.mint(fillObject(mandate))
    const revocations = await storeOf(group)
    const outcome = await runGuard({ ...issuer.options, revocations, ...options }, bearer(token))
    const [event] = outcome.events
    expect(event?.outcome === 'deny' ? event.reason : 'admitted').toBe(reason)
    expect(outcome.handled).toBe(reason === 'admitted' ? 1 : 0)
  })
})
