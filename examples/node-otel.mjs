// @ts-check
// A billing API on Node that reports every decision to OpenTelemetry, and prints what would be exported.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `node examples/node-otel.mjs`

import { serve } from '@hono/node-server'
import { context, metrics, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import {
  ConsoleMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, ConsoleSpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { otelObserver } from 'caracal-edge/otel'

// In production: the exporters of your backend, or `NodeSDK` from `@opentelemetry/sdk-node`, which does all three.
context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
trace.setGlobalTracerProvider(
  new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(new ConsoleSpanExporter())] }),
)
metrics.setGlobalMeterProvider(
  new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter: new ConsoleMetricExporter() })],
  }),
)

const guarded = withCaracal(
  (request, { caracal }) => Response.json({ path: new URL(request.url).pathname, actor: caracal.sub }),
  {
    // For development. In production: `UpstashRevocationStore.fromEnv()` from `caracal-edge/upstash`.
    revocations: new InMemoryRevocationStore(),
    requiredScopes: ['billing:read'],
    routes: { '/payouts': { requiredScopes: ['billing:payout'], requireDelegation: true } },
    onDecision: otelObserver(),
  },
)

// The span of a request. As a rule, an instrumentation makes it: of `node:http`, of Hono, of Next.js.
const tracer = trace.getTracer('billing')
/** @param {Request} request */
const fetch = (request) =>
  tracer.startActiveSpan(request.method, async (span) => {
    try {
      return await guarded(request)
    } finally {
      span.end()
    }
  })

serve({ fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`Listening on http://localhost:${port}`)
})
