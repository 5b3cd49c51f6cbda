// Reports decisions to `onDecision`, as events that contain no secrets and cannot change the decision.

import { isThenable } from '../lib/thenable.ts'
import { kindOf } from '../lib/thrown.ts'
import type { Decision, Denial, Skip } from './decision.ts'

/** A decision as `onDecision` receives it. Contains no token, key or anchor id. */
export type DecisionEvent =
  | {
      readonly outcome: 'admit'
      readonly sub: string
      readonly clientId: string
      readonly zoneId: string
      readonly jti: string
    }
  | Pick<Denial, 'outcome' | 'code' | 'status' | 'reason' | 'fault'>
  | Skip

/** Receives every decision. `request` is `undefined` for a token that came without one. */
export type Observer = (event: DecisionEvent, request: Request | undefined) => void

export function notify(
  observer: Observer | undefined,
  decision: Decision,
  request: Request | undefined,
): void {
  if (observer === undefined) return
  try {
    // TypeScript accepts an async observer here. Its rejection must not end the process.
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

/** Logs the error's name only: its message may quote anything. */
function report(error: unknown): void {
  console.error(`caracal-edge: onDecision threw ${kindOf(error)}`)
}
