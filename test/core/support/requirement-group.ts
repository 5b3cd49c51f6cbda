// The form of cases of requirements and of revocations.

import type { Requirements } from 'caracal-edge'
import type { MandateDepartures } from 'caracal-edge/testing'

export interface RequirementCase {
  readonly title: string
  readonly mandate?: MandateDepartures
  readonly options?: Requirements
  /** Why the mandate is refused, or that it is admitted. */
  readonly reason: string
}

export interface RequirementGroup {
  readonly title: string
  /** The delegation epoch of the zone in the store. Default: 1. */
  readonly zoneEpoch?: number
  readonly cases: readonly RequirementCase[]
}
