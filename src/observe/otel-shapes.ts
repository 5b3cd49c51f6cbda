// What is used of OpenTelemetry, by its shape: any version of its API fits, and none has to be installed for the types.

/** Names and values, as `Attributes` of `@opentelemetry/api`. */
export interface OtelAttributes {
  readonly [name: string]: string | number | boolean
}

/** What is used of a `Span` of `@opentelemetry/api`. */
export interface OtelSpan {
  /** The only status that is set is `ERROR`. */
  setStatus(status: { readonly code: 2 }): unknown
  /** @param endTime in milliseconds since 1970 */
  end(endTime: number): void
}

/** What is used of a `Tracer` of `@opentelemetry/api`. */
export interface OtelTracer {
  /** `startTime` is in milliseconds since 1970. */
  startSpan(
    name: string,
    options: { readonly startTime: number; readonly attributes: OtelAttributes },
  ): OtelSpan
}

/** What is used of a `Counter` of `@opentelemetry/api`. */
export interface OtelCounter {
  add(value: number, attributes: OtelAttributes): void
}

/** What is used of a `Histogram` of `@opentelemetry/api`. */
export interface OtelHistogram {
  record(value: number, attributes: OtelAttributes): void
}

/** What is used of a `Meter` of `@opentelemetry/api`. */
export interface OtelMeter {
  createCounter(name: string, options: { readonly description: string; readonly unit: string }): OtelCounter
  createHistogram(
    name: string,
    options: {
      readonly description: string
      readonly unit: string
      readonly advice: { readonly explicitBucketBoundaries: number[] }
    },
  ): OtelHistogram
}

/** The span that a decision is part of. */
export interface ActiveSpan {
  setAttributes(attributes: OtelAttributes): unknown
}

/** The only status that is set, of `SpanStatusCode` in `@opentelemetry/api`. */
export const ERROR = 2
