// Reports decisions to OpenTelemetry: on the active span, as a span, and as metrics.

import { activeSpan, runtimeMeter, runtimeTracer } from '#tracing'
import { CaracalConfigError } from '../decision/errors.ts'
import type { DecisionEvent, DecisionObserver } from '../decision/events.ts'
import { flag, objectWith, restricted } from '../lib/checks.ts'
import { listen } from '../lib/listening.ts'
import { classMember } from '../lib/own-member.ts'
import { readOptions } from '../lib/read-options.ts'
import { errorOf, failureOf, identityOf, measurementsOf, verdictOf } from './otel-attributes.ts'
import { type Instruments, instrumentsOf } from './otel-metrics.ts'
import { ERROR, type OtelAttributes, type OtelMeter, type OtelSpan, type OtelTracer } from './otel-shapes.ts'

/** The options of {@link otelObserver}. */
export interface OtelObserverOptions {
  /**
   * Starts the span of a decision.
   *
   * Default: the tracer `caracal-edge` of what is registered with `@opentelemetry/api`; on Workers, the tracing of the
   * runtime.
   */
  readonly tracer?: OtelTracer
  /**
   * Makes the counter and the histogram.
   *
   * Default: the meter `caracal-edge` of what is registered with `@opentelemetry/api`; on Workers none, so that nothing
   * is counted.
   */
  readonly meter?: OtelMeter
  /**
   * Whether spans say whose mandate it was: `enduser.id` (`sub`), `caracal.client.id`, `caracal.zone.id` and
   * `caracal.mandate.id` (`jti`), once the signature has been verified. They are personal data. Metrics never have them.
   *
   * Default: `false`
   */
  readonly includeIdentity?: boolean
}

const OPTIONS = {
  tracer: objectWith<OtelTracer>('startSpan', 'pass trace.getTracer(…) of @opentelemetry/api'),
  meter: restricted(
    objectWith<OtelMeter>('createCounter', 'pass metrics.getMeter(…) of @opentelemetry/api'),
    (meter) => typeof classMember(meter, 'createHistogram') === 'function',
    'must have a `createHistogram` method too: pass metrics.getMeter(…) of @opentelemetry/api',
  ),
  includeIdentity: flag,
} as const

/**
 * A listener for `onDecision` that reports each decision to OpenTelemetry:
 *
 * - The active span, which is the framework's span of the request, gets attributes with the outcome: `caracal.outcome`,
 *   `caracal.code`, `caracal.reason`, `caracal.step`, `caracal.route` and a few more.
 * - A child of it, `caracal.decision`, begins and ends with the decision and has what was measured too. Its status is
 *   `ERROR`, and it has an `error.type`, only where nothing could be decided (status 5xx). A refusal is no error.
 * - The counter `caracal.decisions` and the histogram `caracal.decision.duration`, in seconds.
 *
 * It never exports a token, an anchor id, the path or anything else that a client has sent, and identities only with
 * `includeIdentity`. What a tracer or a meter throws is logged, once a minute, and changes nothing for the request.
 *
 * Needs `@opentelemetry/api` (1.9 or later), and on Node and Bun an SDK: without one, nothing is reported. On Deno,
 * `OTEL_DENO=true` is enough. On Workers neither is needed: the spans are those of the tracing that is built in. There a
 * span cannot begin earlier than now, so that `caracal.decision` has no length, and there are no metrics.
 *
 * @throws {CaracalConfigError} naming every mistake in the options
 * @example
 * ```ts
 * withCaracal(handler, { ...options, onDecision: otelObserver() })
 * ```
 */
export function otelObserver(...given: readonly [options?: OtelObserverOptions]): DecisionObserver {
  const issues: string[] = []
  // `undefined` is a mistake, such as a misspelt variable.
  const options = readOptions(given.length === 0 ? {} : given[0], OPTIONS, issues)
  if (issues.length > 0) throw new CaracalConfigError(issues)
  const { tracer, meter, includeIdentity = false } = options
  const instruments = lastingInstruments()
  return (event, request) => {
    const attributes = { ...verdictOf(event), ...(includeIdentity ? identityOf(event) : {}) }
    quietly(() => activeSpan()?.setAttributes(attributes))
    // Nothing was decided about an excluded path.
    if (event.outcome !== 'skip') {
      recordSpan(tracer, event, { ...attributes, ...measurementsOf(event), ...failureOf(event, request) })
    }
    const current = quietly(() => instruments(meter ?? runtimeMeter()))
    quietly(() => current?.count(event))
    quietly(() => current?.time(event))
  }
}

/** Each call by itself: a span that cannot be given a status must be ended all the same. */
function recordSpan(tracer: OtelTracer | undefined, event: DecisionEvent, attributes: OtelAttributes): void {
  const now = Date.now()
  const startTime = now - (event.durationMs ?? 0)
  const span: OtelSpan | undefined = quietly(() =>
    (tracer ?? runtimeTracer())?.startSpan('caracal.decision', { startTime, attributes }),
  )
  if (errorOf(event) !== undefined) quietly(() => span?.setStatus({ code: ERROR }))
  quietly(() => span?.end(now))
}

/** Makes instruments once for each meter: another one comes when an SDK is registered. */
function lastingInstruments(): (meter: OtelMeter | undefined) => Instruments | undefined {
  let last: { readonly meter: OtelMeter; readonly instruments: Instruments } | undefined
  return (meter) => {
    if (meter === undefined) return undefined
    if (last?.meter !== meter) last = { meter, instruments: instrumentsOf(meter) }
    return last.instruments
  }
}

/** What is thrown, or rejected, is logged. It is the code of an SDK, so that its message belongs in the log. */
function quietly<T>(call: () => T): T | undefined {
  let result: T | undefined
  listen('otelObserver', otelObserver, () => {
    result = call()
    return result
  })
  return result
}
