// What a store in memory answers about anchors alone, and about a zone alone.

import type { InMemoryRevocationStore } from 'caracal-edge'

export const isRevoked = (store: InMemoryRevocationStore, ...anchors: readonly string[]) =>
  store.lookup({ anchors, zoneId: undefined }).revoked

export const epochOf = (store: InMemoryRevocationStore, zoneId: string) =>
  store.lookup({ anchors: [], zoneId }).delegationEpoch
