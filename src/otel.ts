// The public surface of `caracal-edge/otel`.

export { type OtelObserverOptions, otelObserver } from './observe/otel.ts'
export type {
  OtelAttributes,
  OtelCounter,
  OtelHistogram,
  OtelMeter,
  OtelSpan,
  OtelTracer,
} from './observe/otel-shapes.ts'
