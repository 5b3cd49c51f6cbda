// @ts-check
// The guard on Node and Bun, with the SDK of OpenTelemetry, and an answer of all that it has exported.

import { serve } from '@hono/node-server'
import { context, metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { reporting } from './otel.mjs'

const spans = new InMemorySpanExporter()
const measured = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
const meters = new MeterProvider({
  readers: [new PeriodicExportingMetricReader({ exporter: measured, exportIntervalMillis: 2 ** 31 - 1 })],
})
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
metrics.setGlobalMeterProvider(meters)

const guarded = reporting(process.env.TRUSTED)

/**
 * As the instrumentation of a framework does.
 * @param {Request} request
 */
const traced = (request) =>
  trace.getTracer('framework').startActiveSpan(request.method, async (span) => {
    const response = await guarded(request)
    span.end()
    return response
  })

async function exported() {
  await meters.forceFlush()
  return {
    spans: spans.getFinishedSpans().map((span) => ({
      name: span.name,
      id: span.spanContext().spanId,
      parent: span.parentSpanContext?.spanId,
      isError: span.status.code === SpanStatusCode.ERROR,
      attributes: span.attributes,
    })),
    metrics: measured
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ scope, metrics }) => (scope.name === 'caracal-edge' ? metrics : []))
      .map(({ descriptor, dataPoints }) => ({
        name: descriptor.name,
        attributes: dataPoints.map(({ attributes }) => attributes),
      })),
  }
}

serve(
  {
    fetch: async (request) =>
      new URL(request.url).pathname === '/exported' ? Response.json(await exported()) : traced(request),
    hostname: '127.0.0.1',
    port: 0,
  },
  ({ port }) => console.log(`http://127.0.0.1:${port}`),
)
