// The telemetry of Node, Bun, Deno and Next.js: what is registered with `@opentelemetry/api`. For Workers, the `workerd`
// condition of package.json selects tracing.workerd.ts.

import { metrics, trace } from '@opentelemetry/api'
import type { ActiveSpan, OtelMeter, OtelTracer } from './otel-shapes.ts'

/** The name of this package in the telemetry. */
const SCOPE = 'caracal-edge'

/** The span that is active where this is called, unless it is not recorded or has ended. */
export function activeSpan(): ActiveSpan | undefined {
  const span = trace.getActiveSpan()
  return span?.isRecording() ? span : undefined
}

/** Asked for with every decision: an SDK may be registered after the guard was built. */
export function runtimeTracer(): OtelTracer | undefined {
  return trace.getTracer(SCOPE)
}

let last: { readonly provider: object; readonly meter: OtelMeter } | undefined

/**
 * Asked for with every decision too: unlike a tracer, a meter does nothing for ever if no SDK was registered yet. The
 * meter is the same as long as the provider is.
 */
export function runtimeMeter(): OtelMeter | undefined {
  const provider = metrics.getMeterProvider()
  if (last?.provider !== provider) last = { provider, meter: provider.getMeter(SCOPE) }
  return last.meter
}
