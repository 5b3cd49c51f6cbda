// Reports decisions to `onDecision`, as events that contain no secrets and cannot change the decision.

import { listen } from '../lib/listening.ts'
import type { Mandate } from '../mandate.ts'
import type { CallRefusal } from './call-refusal.ts'
import type { Admission, DecisionStep, Denial, Skip } from './decision.ts'
import type { Outage } from './denials.ts'
import { explanationOf, logOutage } from './explanations.ts'
import type { Measurements } from './measurements.ts'
import { type RequestFacts, requestFacts } from './request-facts.ts'

/** Whose mandate it is. */
type Holder = Pick<Mandate, 'sub' | 'clientId' | 'zoneId' | 'jti'>

type PossibleHolder = { readonly [Name in keyof Holder]: Holder[Name] | undefined }

/**
 * What every event has, whatever the outcome. A member is `undefined` where there is nothing to say: where the step was
 * not reached, where nothing had to be waited for, or where a token came without a request.
 *
 * Times are in milliseconds, by `performance.now()`. On Workers that clock stands still while code runs and moves with
 * I/O: there, a duration is the time of the I/O alone, and verifying a signature takes `0`.
 */
export interface DecisionDetails {
  /**
   * The step that ended the decision. `'message'` in `guardMcp`, for a refusal that is not about the mandate.
   * `undefined` for an admission, which no step ends, and for a `server_error`.
   */
  readonly step: DecisionStep | 'message' | undefined
  /**
   * The key of `routes` whose rule applied, as it is written there. `undefined` for the guard's own rule, and for a path
   * so uncertain that every rule applied. If it can be read in several ways, the first route of those that applied.
   */
  readonly route: string | undefined
  /** `GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS` or `QUERY`; `_OTHER` for any other method. */
  readonly method: string | undefined
  /** The hops of the mandate, once its signature has been verified. */
  readonly hopCount: number | undefined
  /** The `kid` of the key that this decision verified the signature with, or had verified it with before. */
  readonly keyId: string | undefined
  /** Whether the signature was known to be good, so that it was not verified again. `undefined` unless it is good. */
  readonly signatureRemembered: boolean | undefined
  /** How long the decision took altogether. */
  readonly durationMs: number | undefined
  /** How long it waited for keys. */
  readonly keysMs: number | undefined
  /** How long verifying the signature took. */
  readonly signatureMs: number | undefined
  /** How long the look-up in the revocation store took. */
  readonly storeMs: number | undefined
  /** How many look-ups, this one included, shared the question to the store. Only stores in Redis share questions. */
  readonly batchSize: number | undefined
  /**
   * The `X-Request-Id` of the request, or else its `CF-Ray`: 8 to 64 letters, digits, `-` and `_`. Anybody can send one.
   * `undefined` for any other form, and for one that is part of a credential or has an anchor in it.
   */
  readonly requestId: string | undefined
  /** The `traceparent` of the request, in the form of W3C Trace Context, version 00. Anybody can send one. */
  readonly traceparent: string | undefined
}

/** A request was admitted. */
export interface AdmissionEvent extends DecisionDetails, Holder {
  readonly outcome: 'admit'
}

/**
 * A request was refused. `sub`, `clientId`, `zoneId` and `jti` are those of the mandate, once its signature has been
 * verified. Before that, they are `undefined`: anybody could have written them.
 */
export interface DenialEvent
  extends DecisionDetails,
    Pick<Denial, 'outcome' | 'fault' | 'requiredScopes'>,
    PossibleHolder {
  /** What the client reads as `error`. Of `guardMcp` also a {@link CallRefusal}. */
  readonly code: Denial['code'] | CallRefusal
  /** The status of the answer. */
  readonly status: Denial['status'] | 400 | 404 | 405 | 413 | 415
  readonly reason: Denial['reason'] | CallRefusal
  /** Why, for the operator. With status 503: which host was asked, what came and what to check. */
  readonly explanation: string
  /**
   * With status 503: the `KeySetUnavailableError`, the `RevocationUnavailableError`, or what a custom store threw, whose
   * message may quote anything. Not enumerable, like the `cause` of an error: it is not in the JSON of the event.
   */
  readonly cause?: unknown
}

/** The path is excluded: nothing was verified. */
export interface SkipEvent extends DecisionDetails {
  readonly outcome: 'skip'
}

/** A decision as `onDecision` receives it. Its enumerable members contain no token, key or anchor id. */
export type DecisionEvent = AdmissionEvent | DenialEvent | SkipEvent

/** Receives every decision. `request` is `undefined` for a token that came without one. */
export type DecisionObserver = (event: DecisionEvent, request: Request | undefined) => void

/** What a decision is based on, beyond what a client is told. */
export interface Grounds {
  /** The claims whose signature was verified. */
  readonly claims: (Holder & Pick<Mandate, 'hopCount'>) | undefined
  readonly outage: Outage | undefined
  /** The step that ended it. `undefined` for an admission, which no step ends, and for an unexpected error. */
  readonly step: DecisionStep | 'message' | undefined
  /** The rules by which it was made. None if there is no single one: where the path is excluded or uncertain. */
  readonly rules: readonly { readonly route: string | undefined }[]
  /** `undefined` if nobody listens, or nothing was measured. */
  readonly measured: Measurements | undefined
}

/** What is reported of a refusal, be it a denial or that of a call of MCP. */
export type Refusal = Pick<
  DenialEvent,
  'outcome' | 'code' | 'status' | 'reason' | 'fault' | 'requiredScopes'
> &
  Pick<Denial, 'description'>

/** A decision, and what it is based on. */
interface Reported extends Grounds {
  readonly decision: Admission | Refusal | Skip
}

/** Who is told, and what must not be. */
interface Listening {
  readonly onDecision: DecisionObserver | undefined
  /** The header that holds the bare token; `undefined` for `Authorization`. */
  readonly credentialHeader: string | undefined
}

/** Calls the observer. Without one, outages are logged. */
export function notify(
  { onDecision, credentialHeader }: Listening,
  reported: Reported,
  request: Request | undefined,
): void {
  if (onDecision === undefined) {
    const { decision, outage } = reported
    if (decision.outcome === 'deny' && outage !== undefined) logOutage(decision, outage)
    return
  }
  // Before anything else takes time.
  const durationMs = reported.measured?.total()
  listen('onDecision', onDecision, () =>
    onDecision(eventOf(reported, durationMs, requestFacts(request, credentialHeader)), request),
  )
}

function eventOf(
  { decision, claims, outage, step, rules, measured }: Reported,
  durationMs: number | undefined,
  facts: RequestFacts,
): DecisionEvent {
  const details: DecisionDetails = {
    step,
    route: rules.find(({ route }) => route !== undefined)?.route,
    hopCount: claims?.hopCount,
    keyId: measured?.keyId,
    signatureRemembered: measured?.signatureRemembered,
    durationMs,
    keysMs: measured?.keysMs,
    signatureMs: measured?.signatureMs,
    storeMs: measured?.storeMs,
    batchSize: measured?.batchSize,
    ...facts,
  }
  switch (decision.outcome) {
    case 'skip':
      return Object.freeze({ outcome: 'skip', ...details })
    case 'admit': {
      const { sub, clientId, zoneId, jti } = decision.mandate
      return Object.freeze({ outcome: 'admit', ...{ sub, clientId, zoneId, jti }, ...details })
    }
    case 'deny':
      return denialEvent(decision, claims, outage, details)
  }
}

function denialEvent(
  refusal: Refusal,
  claims: Grounds['claims'],
  outage: Outage | undefined,
  details: DecisionDetails,
): DenialEvent {
  const { outcome, code, status, reason, fault, requiredScopes } = refusal
  const event: DenialEvent = {
    ...{ outcome, code, status, reason, fault, requiredScopes },
    explanation: explanationOf(refusal, outage),
    ...{ sub: claims?.sub, clientId: claims?.clientId, zoneId: claims?.zoneId, jti: claims?.jti },
    ...details,
  }
  if (outage !== undefined) Object.defineProperty(event, 'cause', { value: outage.cause })
  return Object.freeze(event)
}
