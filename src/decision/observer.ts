// Tells `onDecision` what was decided, in a form that holds nothing secret and cannot change the decision.

import { isThenable } from '../lib/thenable.ts'
import type { Decision, DecisionEvent } from './decision.ts'

/** Is told of a decision. `request` is `undefined` for a token that came without one. */
export type Observer = (event: DecisionEvent, request: Request | undefined) => void

export function notify(
  observer: Observer | undefined,
  decision: Decision,
  request: Request | undefined,
): void {
  if (observer === undefined) return
  try {
    // An async observer is allowed by TypeScript where none is awaited; its rejection must not end the process.
    const pending: unknown = observer(eventOf(decision), request)
    if (isThenable(pending)) Promise.resolve(pending).catch(report)
  } catch (error) {
    report(error)
  }
}

function eventOf(decision: Decision): DecisionEvent {
  switch (decision.outcome) {
    case 'skip':
      return decision
    case 'admit': {
      const { sub, clientId, zoneId, jti } = decision.mandate
      return Object.freeze({ outcome: 'admit', sub, clientId, zoneId, jti })
    }
    case 'deny': {
      const { code, status, reason, fault } = decision
      return Object.freeze({ outcome: 'deny', code, status, reason, fault })
    }
  }
}

/** What an observer throws is its own and may quote anything, so that only its kind is logged. */
function report(error: unknown): void {
  console.error(`caracal-edge: onDecision threw ${error instanceof Error ? error.name : typeof error}`)
}
