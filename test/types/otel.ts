// What `caracal-edge/otel` takes: tracers and meters of the API of OpenTelemetry, and its result is a listener.

import { type Meter, metrics, type Tracer, trace } from '@opentelemetry/api'
import type { CaracalOptions, DecisionEvent } from 'caracal-edge'
import { type OtelMeter, type OtelObserverOptions, type OtelTracer, otelObserver } from 'caracal-edge/otel'

declare const event: DecisionEvent
declare const tracer: Tracer
declare const meter: Meter

export const options: Partial<CaracalOptions> = { onDecision: otelObserver() }
export const both: readonly [OtelTracer, OtelMeter] = [tracer, meter]

otelObserver({})
otelObserver({ tracer, meter, includeIdentity: true })
otelObserver({ tracer: trace.getTracer('app'), meter: metrics.getMeter('app') })
otelObserver()(event, new Request('https://api.test/'))
otelObserver()(event, undefined)

// @ts-expect-error the whole API is no tracer
otelObserver({ tracer: trace })
// @ts-expect-error a provider is no meter
otelObserver({ meter: metrics.getMeterProvider() })
// @ts-expect-error undefined would mean the default
otelObserver({ tracer: undefined })
// @ts-expect-error unknown name
otelObserver({ includeIdentities: true })
// @ts-expect-error read only
const change = (given: OtelObserverOptions) => (given.includeIdentity = true)
change({})
