// Reports decisions to `onDecision`, as events that contain no secrets and cannot change the decision.

import { listen } from '../lib/listening.ts'
import type { Mandate } from '../mandate.ts'
import type { Decision, DecisionStep, Denial, Skip } from './decision.ts'
import type { Outage } from './denials.ts'
import { explanationOf, logOutage } from './explanations.ts'

/** Whose mandate it is. */
type Holder = Pick<Mandate, 'sub' | 'clientId' | 'zoneId' | 'jti'>

type PossibleHolder = { readonly [Name in keyof Holder]: Holder[Name] | undefined }

/** A request was admitted. */
export interface AdmissionEvent extends Holder {
  readonly outcome: 'admit'
}

/**
 * A request was refused. `sub`, `clientId`, `zoneId` and `jti` are those of the mandate, once its signature has been
 * verified. Before that, they are `undefined`: anybody could have written them.
 */
export interface DenialEvent
  extends Pick<Denial, 'outcome' | 'code' | 'status' | 'reason' | 'fault' | 'requiredScopes'>,
    PossibleHolder {
  /** Why, for the operator. With status 503: which host was asked, what came and what to check. */
  readonly explanation: string
  /**
   * With status 503: the `KeySetUnavailableError`, the `RevocationUnavailableError`, or what a custom store threw, whose
   * message may quote anything. Not enumerable, like the `cause` of an error: it is not in the JSON of the event.
   */
  readonly cause?: unknown
}

/** A decision as `onDecision` receives it. Its enumerable members contain no token, key or anchor id. */
export type DecisionEvent = AdmissionEvent | DenialEvent | Skip

/** Receives every decision. `request` is `undefined` for a token that came without one. */
export type Observer = (event: DecisionEvent, request: Request | undefined) => void

/** What a decision is based on, beyond what a client is told. */
export interface Grounds {
  /** The claims whose signature was verified. */
  readonly claims: Holder | undefined
  readonly outage: Outage | undefined
  /** The step that ended it. `undefined` for an admission, which no step ends, and for an unexpected error. */
  readonly step: DecisionStep | undefined
}

/** Calls the observer. Without one, outages are logged. */
export function notify(
  observer: Observer | undefined,
  decision: Decision,
  request: Request | undefined,
  grounds: Grounds,
): void {
  if (observer === undefined) {
    if (decision.outcome === 'deny' && grounds.outage !== undefined) logOutage(decision, grounds.outage)
    return
  }
  listen('onDecision', observer, () => observer(eventOf(decision, grounds), request))
}

function eventOf(decision: Decision, grounds: Grounds): DecisionEvent {
  switch (decision.outcome) {
    case 'skip':
      return decision
    case 'admit': {
      const { sub, clientId, zoneId, jti } = decision.mandate
      return Object.freeze({ outcome: 'admit', sub, clientId, zoneId, jti })
    }
    case 'deny':
      return denialEvent(decision, grounds)
  }
}

function denialEvent(denial: Denial, { claims, outage }: Grounds): DenialEvent {
  const { outcome, code, status, reason, fault, requiredScopes } = denial
  const event: DenialEvent = {
    ...{ outcome, code, status, reason, fault, requiredScopes },
    explanation: explanationOf(denial, outage),
    ...{ sub: claims?.sub, clientId: claims?.clientId, zoneId: claims?.zoneId, jti: claims?.jti },
  }
  if (outage !== undefined) Object.defineProperty(event, 'cause', { value: outage.cause })
  return Object.freeze(event)
}
