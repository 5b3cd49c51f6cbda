// With an SDK registered as apps do: the span of the request gets the outcome, and the decision is a child of it.

import { context, metrics, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { type CaracalOptions, withCaracal } from 'caracal-edge'
import { otelObserver } from 'caracal-edge/otel'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, expect, it, vi } from 'vitest'
import { bearer } from '../support/requests.ts'
import { telemetry } from '../support/telemetry.ts'

const issuer = createTestIssuer()

afterEach(() => {
  trace.disable()
  metrics.disable()
  context.disable()
})

function registered() {
  const sdk = telemetry()
  trace.setGlobalTracerProvider(sdk.tracers)
  metrics.setGlobalMeterProvider(sdk.meters)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  return sdk
}

const guard = (options: Partial<CaracalOptions> = {}) =>
  withCaracal(() => new Response('handled'), { ...issuer.options, ...options, onDecision: otelObserver() })

/** As the instrumentation of a framework does. */
const served = (guarded: (request: Request) => Promise<Response>, request: Request, name = 'GET') =>
  trace.getTracer('framework').startActiveSpan(name, async (span) => {
    const response = await guarded(request)
    span.end()
    return response
  })

it('the decision is a child of the span of the request, which gets the outcome', async () => {
  const sdk = registered()
  await served(guard(), bearer(await issuer.mint()))
  const [decision, request] = sdk.spans()
  expect([decision?.name, request?.name]).toEqual(['caracal.decision', 'GET'])
  expect(decision?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId)
  expect(decision?.instrumentationScope.name).toBe('caracal-edge')
  expect(request?.attributes).toEqual({ 'caracal.outcome': 'admit', 'caracal.hop_count': 1 })
})

it('an outage is an error of the decision. What the request ends with is for the framework to say', async () => {
  const sdk = registered()
  const down = { lookup: () => Promise.reject(new Error('down')) }
  await served(guard({ revocations: down }), bearer(await issuer.mint()))
  const [decision, request] = sdk.spans()
  expect(decision?.status).toEqual({ code: SpanStatusCode.ERROR })
  expect(request?.status).toEqual({ code: SpanStatusCode.UNSET })
  expect(request?.attributes).toMatchObject({ 'caracal.code': 'revocation_unavailable' })
  expect(request?.attributes).not.toHaveProperty('error.type')
  expect(request?.attributes).not.toHaveProperty('http.response.status_code')
})

it('requests at the same time that wait for the same keys keep their spans apart', async () => {
  const sdk = registered()
  const fetch = async (url: string) => {
    await new Promise((resolve) => setTimeout(resolve, 5))
    return issuer.handler(new Request(url))
  }
  const guarded = guard({ keySet: { fetch } })
  const tokens = await Promise.all([
    issuer.mint(),
    issuer.mint({ expired: true }),
    issuer.mint({ key: 'forged' }),
  ])
  await Promise.all(tokens.map((token, index) => served(guarded, bearer(token), `request ${index}`)))
  const requests = sdk.spans().filter(({ name }) => name !== 'caracal.decision')
  const outcomes = requests
    .sort((a, b) => a.name.localeCompare(b.name))
    .map(({ attributes }) => attributes['caracal.reason'])
  expect(outcomes).toEqual([undefined, 'expired', 'bad_signature'])
  for (const decision of sdk.spans().filter(({ name }) => name === 'caracal.decision')) {
    const parent = requests.find((one) => one.spanContext().spanId === decision.parentSpanContext?.spanId)
    expect(parent?.attributes['caracal.reason']).toBe(decision.attributes['caracal.reason'])
  }
})

it('an SDK that is registered after the guard was built gets everything', async () => {
  const guarded = guard()
  await guarded(bearer(await issuer.mint()))
  const sdk = registered()
  await guarded(bearer(await issuer.mint()))
  expect(sdk.spans().map(({ name }) => name)).toEqual(['caracal.decision'])
  expect((await sdk.metrics())['caracal.decisions']?.points).toMatchObject([{ value: 1 }])
})

it('a span that has ended, and one that is not recorded, are left alone', async () => {
  const sdk = registered()
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const ended = sdk.tracers.getTracer('framework').startSpan('ended')
  ended.end()
  const unrecorded = trace.wrapSpanContext(ended.spanContext())
  const guarded = guard()
  for (const span of [ended, unrecorded]) {
    const setAttributes = vi.spyOn(span, 'setAttributes')
    const answer = await context.with(trace.setSpan(context.active(), span), async () =>
      guarded(bearer(await issuer.mint())),
    )
    expect(answer.status).toBe(200)
    expect(setAttributes).not.toHaveBeenCalled()
  }
  expect(log).not.toHaveBeenCalled()
})

it('an active span that throws keeps nothing from the rest', async () => {
  const sdk = registered()
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const span = sdk.tracers.getTracer('framework').startSpan('broken')
  span.setAttributes = () => {
    throw new TypeError('broken')
  }
  const guarded = guard()
  const answer = await context.with(trace.setSpan(context.active(), span), async () =>
    guarded(bearer(await issuer.mint())),
  )
  expect(answer.status).toBe(200)
  expect(sdk.spans().map(({ name }) => name)).toEqual(['caracal.decision'])
  expect(log.mock.calls).toEqual([['caracal-edge: otelObserver threw TypeError:', expect.any(TypeError)]])
})
