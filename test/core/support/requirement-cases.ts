// What a route can require of a mandate, and which mandates meet it; with them, the revocations that all routes check.

import { DELEGATION_GROUPS } from './delegation-cases.ts'
import type { RequirementGroup } from './requirement-group.ts'
import { REVOCATION_GROUPS } from './revocation-cases.ts'
import { SCOPE_GROUPS } from './scope-cases.ts'

export const REQUIREMENT_GROUPS: readonly RequirementGroup[] = [
  ...SCOPE_GROUPS,
  ...DELEGATION_GROUPS,
  ...REVOCATION_GROUPS,
]
