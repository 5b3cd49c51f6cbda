// Explains the requirements of each rule, and those that were passed in addition.

import type { VerifiedClaims } from '../../mandate.ts'
import {
  type CompleteRequirements,
  REQUIREMENT_NAMES,
  REQUIREMENTS,
  requiresNothing,
} from '../../requirements.ts'
import type { Explaining } from './explaining.ts'
import type { ExplainedRule } from './explanation.ts'
import { REQUIREMENT_TEXTS } from './requirement-texts.ts'

const GIVEN: ExplainedRule = Object.freeze({ from: 'requirements' })

/** It is true of any verified claims what they lack, of expired ones too. */
export function explainRequirements(explaining: Explaining): void {
  const { attempt, rules = [], more } = explaining.record
  const all: readonly (readonly [Partial<CompleteRequirements>, ExplainedRule])[] = [
    ...rules.map((rule) => [rule, explaining.ruleOf(rule)] as const),
    ...more.map((given) => [given, GIVEN] as const),
  ]
  for (const [requirements, rule] of all)
    for (const name of REQUIREMENT_NAMES) explainOne(explaining, name, requirements, rule, attempt?.claims)
}

/** Nothing is said about a requirement that was not given. */
function explainOne<Name extends keyof CompleteRequirements>(
  { checks }: Explaining,
  name: Name,
  requirements: Partial<CompleteRequirements>,
  rule: ExplainedRule,
  claims: VerifiedClaims | undefined,
): void {
  const required: CompleteRequirements[Name] | undefined = requirements[name]
  if (required === undefined) return
  const { held, isMet, reason } = REQUIREMENTS[name]
  const texts = REQUIREMENT_TEXTS[name]
  if (requiresNothing(required)) {
    checks.unasked({ step: 'requirements', name, wanted: 'nothing', rule })
    return
  }
  const asked = { step: 'requirements', name, wanted: texts.wanted(required), rule } as const
  checks.judge(
    asked,
    claims &&
      (() => ({
        reason: isMet(held(claims), required) ? undefined : reason,
        found: texts.found(held(claims), required),
      })),
  )
}
