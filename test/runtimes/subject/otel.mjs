// @ts-check
// A guard that reports to OpenTelemetry with what its runtime has.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { otelObserver } from 'caracal-edge/otel'

const down = {
  lookup() {
    throw new Error('down')
  },
}

/** @param {string | undefined} trusted the issuer, as JSON */
export const reporting = (trusted) =>
  withCaracal(() => new Response('handled'), {
    ...JSON.parse(trusted ?? ''),
    revocations: new InMemoryRevocationStore(),
    routes: { '/payouts': { requiredScopes: ['payout'] }, '/down': { revocations: down } },
    exclude: ['/healthz'],
    onDecision: otelObserver(),
  })
