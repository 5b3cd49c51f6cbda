// One STS that serves several zones, each with keys of its own.

import type { KeySetOptions } from 'caracal-edge'
import { createTestIssuer, type TestIssuer } from 'caracal-edge/testing'

export interface Zones {
  readonly one: TestIssuer
  readonly two: TestIssuer
  /** Serves the key sets of both. */
  readonly keySet: KeySetOptions
}

export function createZones(): Zones {
  const one = createTestIssuer({ zoneId: 'zone-1' })
  const two = createTestIssuer({ zoneId: 'zone-2' })
  return {
    one,
    two,
    keySet: {
      async fetch(url, init) {
        const isTwo = new URL(url).searchParams.get('zone_id') === two.zoneId
        return (isTwo ? two : one).handler(new Request(url, init))
      },
    },
  }
}
