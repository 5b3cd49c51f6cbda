// @ts-check
// A Worker that marks at its top level, where every clock stands at 0, and tells later what the store knows.

import { InMemoryRevocationStore } from 'caracal-edge'

const revocations = new InMemoryRevocationStore()
const markedAt = Date.now()
await revocations.markRevoked('sid-1')
await revocations.markDelegationEpoch('zone-1', 7)

export default {
  fetch: () =>
    Response.json({
      markedAt,
      now: Date.now(),
      marked: revocations.lookup({ anchors: ['sid-1'], zoneId: 'zone-1' }),
      other: revocations.lookup({ anchors: ['sid-2'], zoneId: 'zone-2' }),
    }),
}
