// A decision as attributes. Only what is named here leaves the process: members that an event gains later do not.

import type { DecisionEvent } from '../decision/events.ts'
import { asksForWebSocket } from '../decision/websocket-close.ts'
import type { OtelAttributes } from './otel-shapes.ts'

type Possible = { readonly [name: string]: OtelAttributes[string] | undefined }

/** What was decided, and why: values from short lists, and the key of `routes` as it is configured. */
export function verdictOf(event: DecisionEvent): OtelAttributes {
  return present({
    ...reasonOf(event),
    'caracal.fault': event.outcome === 'deny' ? event.fault : undefined,
    'caracal.step': event.step,
    'caracal.route': event.route,
    'caracal.hop_count': event.hopCount,
  })
}

/** Whose mandate it was: personal data. `undefined` before the signature has been verified. */
export function identityOf(event: DecisionEvent): OtelAttributes {
  if (event.outcome === 'skip') return {}
  return present({
    'enduser.id': event.sub,
    'caracal.client.id': event.clientId,
    'caracal.zone.id': event.zoneId,
    'caracal.mandate.id': event.jti,
  })
}

/** What it took. Durations are in seconds, as in all of OpenTelemetry. */
export function measurementsOf(event: DecisionEvent): OtelAttributes {
  return present({
    'caracal.key.id': event.keyId,
    'caracal.signature.remembered': event.signatureRemembered,
    // A span of Workers has no length.
    'caracal.duration': inSeconds(event.durationMs),
    'caracal.keys.duration': inSeconds(event.keysMs),
    'caracal.signature.duration': inSeconds(event.signatureMs),
    'caracal.store.duration': inSeconds(event.storeMs),
    'caracal.store.batch_size': event.batchSize,
  })
}

/** The attributes of the conventions that describe a failure. A WebSocket is closed, so that it has no status. */
export function failureOf(event: DecisionEvent, request: Request | undefined): OtelAttributes {
  if (event.outcome !== 'deny') return {}
  const isAnswered = request !== undefined && !asksForWebSocket(request)
  return present({
    'error.type': errorOf(event),
    'http.response.status_code': isAnswered ? event.status : undefined,
  })
}

/** For the counter: values from short lists alone, so that there are few series. */
export function countedBy(event: DecisionEvent): OtelAttributes {
  return present({ ...reasonOf(event), 'error.type': errorOf(event) })
}

/** For the histogram. A bucket is a series of its own, so that there is less than for the counter. */
export function timedBy(event: DecisionEvent): OtelAttributes {
  return present({ 'caracal.outcome': event.outcome, 'error.type': errorOf(event) })
}

/**
 * The code, if nothing could be decided. A refusal is what a guard is for: it is no error of the service, as an answer
 * with status 4xx is none in the conventions for HTTP servers.
 */
export function errorOf(event: DecisionEvent): string | undefined {
  return event.outcome === 'deny' && event.status >= 500 ? event.code : undefined
}

function reasonOf(event: DecisionEvent): Possible {
  return {
    'caracal.outcome': event.outcome,
    'caracal.code': event.outcome === 'deny' ? event.code : undefined,
    'caracal.reason': event.outcome === 'deny' ? event.reason : undefined,
  }
}

export function inSeconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000
}

function present(attributes: Possible): OtelAttributes {
  const there: { [name: string]: OtelAttributes[string] } = {}
  for (const [name, value] of Object.entries(attributes)) if (value !== undefined) there[name] = value
  return there
}
