// A revocation store that answers as a test says, and records the queries.

import type { RevocationQuery, RevocationState, RevocationStore } from 'caracal-edge'

export const CLEAN: RevocationState = { revoked: false, delegationEpoch: 0 }

export interface RecordingStore extends RevocationStore {
  readonly queries: readonly RevocationQuery[]
}

/** The answer can be anything, because stores in JavaScript can answer anything. */
export function recordingStore(answer: (query: RevocationQuery) => unknown = () => CLEAN): RecordingStore {
  const queries: RevocationQuery[] = []
  return {
    queries,
    lookup(query) {
      queries.push(query)
      return answer(query) as RevocationState
    },
  }
}
