// An explanation as it is told: without the mandate of an admission, whose ids can be revoked.

import type { Decision, ExplainedCheck, Explanation } from 'caracal-edge'

export type ToldDecision =
  | { readonly outcome: 'admit' | 'skip' }
  | {
      readonly outcome: 'deny'
      readonly status: number
      readonly code: string
      readonly reason: string
    }

export interface Told {
  readonly decision: ToldDecision
  readonly checks: readonly ExplainedCheck[]
}

export function told({ decision, checks }: Explanation): Told {
  return { decision: toldDecision(decision), checks }
}

function toldDecision(decision: Decision): ToldDecision {
  if (decision.outcome !== 'deny') return { outcome: decision.outcome }
  const { outcome, status, code, reason } = decision
  return { outcome, status, code, reason }
}

/** The decision in one line. */
export function headline(decision: ToldDecision): string {
  switch (decision.outcome) {
    case 'admit':
      return 'admitted'
    case 'skip':
      return 'not verified: the path is excluded'
    case 'deny': {
      const { status, code, reason } = decision
      return `refused: ${status} ${code}${reason === code ? '' : ` (${reason})`}`
    }
  }
}
