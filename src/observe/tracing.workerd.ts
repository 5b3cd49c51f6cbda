// The tracing that is built into Workers. It has no metrics, and a span cannot begin earlier than now.

// As a namespace: an import of a name that an older workerd lacks would keep the Worker from starting.
import * as workers from 'cloudflare:workers'
import type { ActiveSpan, OtelMeter, OtelSpan, OtelTracer } from './otel-shapes.ts'

/** The span that is active where this is called, unless this request is not traced. */
export function activeSpan(): ActiveSpan | undefined {
  const span = workers.tracing?.getActiveSpan?.()
  return span?.isTraced ? span : undefined
}

/** `undefined` where this request is not traced, and in a workerd without `startSpan`. */
export function runtimeTracer(): OtelTracer | undefined {
  return activeSpan() !== undefined && typeof workers.tracing?.startSpan === 'function' ? NATIVE : undefined
}

const NATIVE: OtelTracer = {
  startSpan(name, { attributes }): OtelSpan {
    const span = workers.tracing?.startSpan?.(name)
    span?.setAttributes(attributes)
    return {
      // Missing before October 2026.
      setStatus: () => span?.setStatus?.({ code: 'error' }),
      end: () => span?.end(),
    }
  },
}

/** There is none. */
export function runtimeMeter(): OtelMeter | undefined {
  return undefined
}
