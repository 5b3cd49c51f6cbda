// What requirements want and what a mandate holds, in words. A requirement without its row does not compile.

import { quoted } from '../../lib/quoted.ts'
import type { CompleteRequirements, Held } from '../../requirements.ts'
import { shownList } from './shown.ts'

interface RequirementTexts<Value> {
  readonly wanted: (required: Value) => string
  readonly found: (held: Held<Value>, required: Value) => string
}

const allOf: RequirementTexts<readonly string[]> = {
  wanted: (required) => (required.length > 1 ? `all of ${shownList(required)}` : shownList(required)),
  found: (held, required) => {
    const missing = required.filter((one) => !held.includes(one))
    return missing.length === 0 ? shownList(held) : `${shownList(held)}; missing: ${shownList(missing)}`
  },
}

/** Ids of sessions and delegations can be revoked, so that they are not shown. */
const presence = (thing: string): RequirementTexts<boolean> => ({
  wanted: () => thing,
  found: (held) => (held ? thing : 'none'),
})

const hops = (count: number) => (count === 1 ? '1 hop' : `${count} hops`)

export const REQUIREMENT_TEXTS: {
  readonly [Name in keyof CompleteRequirements]: RequirementTexts<CompleteRequirements[Name]>
} = {
  requiredUse: { wanted: quoted, found: quoted },
  requiredScopes: allOf,
  requiredTargets: allOf,
  requireAgent: presence('an agent session'),
  requireDelegation: presence('a delegation'),
  maxHopCount: { wanted: (most) => (most === 0 ? 'no hop' : `at most ${hops(most)}`), found: hops },
  requireChainContains: allOf,
}
