// The SDK of OpenTelemetry, with everything that it would export at hand.

import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'

export interface Telemetry {
  readonly tracers: BasicTracerProvider
  readonly meters: MeterProvider
  /** The spans that have ended, in that order. */
  spans(): readonly ReadableSpan[]
  /** What was counted and timed since the beginning, by the name of the instrument. */
  metrics(): Promise<{ readonly [name: string]: Metric }>
}

export interface Metric {
  readonly unit: string
  readonly points: readonly { readonly attributes: object; readonly value: unknown }[]
}

export function telemetry(): Telemetry {
  const spans = new InMemorySpanExporter()
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  // The longest that a timer allows: it exports when it is told to.
  const reader = new PeriodicExportingMetricReader({ exporter: metrics, exportIntervalMillis: 2 ** 31 - 1 })
  const meters = new MeterProvider({ readers: [reader] })
  return {
    tracers: new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }),
    meters,
    spans: () => spans.getFinishedSpans(),
    async metrics() {
      metrics.reset()
      await meters.forceFlush()
      const found = metrics.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
      return Object.fromEntries(
        found.flatMap((scope) =>
          scope.metrics.map(({ descriptor, dataPoints }) => [
            descriptor.name,
            {
              unit: descriptor.unit,
              points: dataPoints.map(({ attributes, value }) => ({ attributes, value })),
            },
          ]),
        ),
      )
    },
  }
}

/** The length of a span, in milliseconds. */
export function lengthOf({ duration: [seconds, nanoseconds] }: ReadableSpan): number {
  return seconds * 1e3 + nanoseconds / 1e6
}
