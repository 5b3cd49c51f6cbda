// A guard that reports to the SDK of OpenTelemetry, through `otelObserver`.

import { type CaracalOptions, type DecisionEvent, withCaracal } from 'caracal-edge'
import { otelObserver } from 'caracal-edge/otel'
import { createTestIssuer } from 'caracal-edge/testing'
import { telemetry } from './telemetry.ts'

export const issuer = createTestIssuer()
export const keySet = { jwks: await issuer.jwks() }

/** A guard that reports, and what it has reported. */
export function reporting(options: Partial<CaracalOptions> = {}, includeIdentity = false) {
  const sdk = telemetry()
  const events: DecisionEvent[] = []
  const observe = otelObserver({
    tracer: sdk.tracers.getTracer('test'),
    meter: sdk.meters.getMeter('test'),
    includeIdentity,
  })
  const guarded = withCaracal(() => new Response('handled'), {
    ...issuer.options,
    keySet,
    routes: { '/payouts': { requiredScopes: ['payout'] } },
    exclude: ['/healthz'],
    ...options,
    onDecision(event, request) {
      events.push(event)
      observe(event, request)
    },
  })
  return { sdk, guarded, events }
}

/** A store that cannot answer. */
export const failing = {
  lookup() {
    throw new Error('hunter2')
  },
}
