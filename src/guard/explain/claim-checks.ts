// Explains what the claims say: issuer, audience, times and zone for each rule, then use and subject type.

import { CLAIM_CHECKS, KIND_CHECKS } from '../validity.ts'
import { CLAIM_TEXTS, KIND_TEXTS } from './claim-texts.ts'
import type { Explaining } from './explaining.ts'

const CLAIM_NAMES = Object.keys(CLAIM_CHECKS) as readonly (keyof typeof CLAIM_CHECKS)[]
const KIND_NAMES = Object.keys(KIND_CHECKS) as readonly (keyof typeof KIND_CHECKS)[]

/** Judged once more, by the time at which the guard did. Claims without a good signature are not read. */
export function explainClaims({ record, checks, ruleOf }: Explaining): void {
  const { attempt, compiled, rules = [] } = record
  const tolerance = compiled?.clockToleranceSeconds ?? 0
  const ended = record.ended.get('claims')
  const claims = ended && attempt?.claims
  const nowMs = ended?.nowMs ?? Date.now()
  for (const rule of rules) {
    for (const name of CLAIM_NAMES) {
      const texts = CLAIM_TEXTS[name]
      const wanted = texts.wanted(rule, nowMs, tolerance)
      checks.judge(
        { step: 'claims', name, wanted, rule: ruleOf(rule) },
        claims &&
          (() => ({
            reason: CLAIM_CHECKS[name](claims, rule, nowMs, tolerance),
            found: texts.found(claims, nowMs),
          })),
      )
    }
  }
  if (rules.length === 0) return
  for (const name of KIND_NAMES) {
    const { wanted, found } = KIND_TEXTS[name]
    checks.judge(
      { step: 'claims', name, wanted, rule: undefined },
      claims &&
        (() => ({
          reason: KIND_CHECKS[name](claims),
          found: found(claims),
        })),
    )
  }
}
