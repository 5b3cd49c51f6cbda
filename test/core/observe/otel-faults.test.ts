// Wrong options of `otelObserver`, and tracers and meters that fail.

import { CaracalConfigError, createMandateVerifier, withCaracal } from 'caracal-edge'
import { otelObserver } from 'caracal-edge/otel'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'
import { telemetry } from '../support/telemetry.ts'

const issuer = createTestIssuer()
let log: MockInstance
let now = Date.now()

beforeEach(() => {
  // What is logged is logged once a minute.
  now += 120_000
  vi.useFakeTimers({ toFake: ['Date'], now })
  log = vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(() => {
  vi.useRealTimers()
  log.mockRestore()
})

function issuesOf(...given: readonly unknown[]): readonly string[] {
  try {
    Reflect.apply(otelObserver, undefined, given)
  } catch (error) {
    if (error instanceof CaracalConfigError) return error.issues
    throw error
  }
  return []
}

describe('options', () => {
  it.each<[unknown, string]>([
    ['hunter2', 'the options must be an object, not a string'],
    [undefined, 'the options must be an object, not undefined'],
    [{ tracer: 'hunter2' }, 'tracer must be an object with a `startSpan` method, not a string'],
    [
      { tracer: { getTracer() {} } },
      'tracer must be an object with a `startSpan` method, not an object: pass',
    ],
    [{ tracer: undefined }, 'tracer is undefined'],
    [
      { meter: { getMeter() {} } },
      'meter must be an object with a `createCounter` method, not an object: pass',
    ],
    [{ meter: { createCounter() {} } }, 'meter must have a `createHistogram` method too'],
    [{ includeIdentity: 'yes' }, 'includeIdentity must be true or false, not a string'],
    [{ includeIdentiy: true }, 'Unknown option "includeIdentiy". Did you mean "includeIdentity"?'],
    [{ outcome: 'admit', sub: 'hunter2' }, 'Unknown option "outcome"'],
  ])('%j is a mistake', (options, says) => {
    const issues = issuesOf(options)
    expect(issues.join('\n')).toContain(says)
    expect(issues.join('\n')).not.toContain('hunter2')
  })

  it('may all be left out', () => {
    expect(issuesOf()).toEqual([])
    expect(issuesOf({})).toEqual([])
  })
})

const thrower = () => {
  throw new TypeError('broken')
}
const throwing = new Proxy(thrower, { get: () => throwing, apply: thrower })
const rejecting = () => Promise.reject(new TypeError('broken'))
const span = { setStatus() {}, end() {} }
const counter = { createCounter: () => ({ add() {} }) }
const histogram = { createHistogram: () => ({ record() {} }) }

const THROWS = ['caracal-edge: otelObserver threw TypeError:']

/** What is logged, unless it is a TypeError. */
const FAULTS: readonly [what: string, options: object, logged?: readonly string[]][] = [
  ['a tracer that throws', { tracer: { startSpan: thrower } }],
  ['a tracer that rejects', { tracer: { startSpan: rejecting } }],
  ['a tracer with nothing for a span', { tracer: { startSpan: () => null } }, []],
  ['a tracer with nonsense for a span', { tracer: { startSpan: () => 'nonsense' } }],
  ['a span that cannot have a status', { tracer: { startSpan: () => ({ ...span, setStatus: thrower }) } }],
  ['a span that cannot end', { tracer: { startSpan: () => ({ ...span, end: thrower }) } }],
  ['a span that rejects', { tracer: { startSpan: () => ({ setStatus: rejecting, end: rejecting }) } }],
  ['a span whose every member throws', { tracer: { startSpan: () => throwing } }],
  ['a meter that throws', { meter: { createCounter: thrower, createHistogram: thrower } }],
  ['a meter without instruments', { meter: { createCounter() {}, createHistogram() {} } }],
  ['a counter that throws', { meter: { createCounter: () => ({ add: thrower }), ...histogram } }],
  ['a counter that rejects', { meter: { createCounter: () => ({ add: rejecting }), ...histogram } }],
  ['a histogram that throws', { meter: { createHistogram: () => ({ record: thrower }), ...counter } }],
]

describe.each(FAULTS)('%s', (_, options, logged = THROWS) => {
  it('changes no answer, and is logged', async () => {
    const revocations = { lookup: thrower }
    const observe: unknown = Reflect.apply(otelObserver, undefined, [options])
    const quiet = { ...issuer.options, routes: { '/down': { revocations } }, exclude: ['/healthz'] }
    const guarded = withCaracal(() => new Response('handled'), {
      ...quiet,
      onDecision: observe as () => void,
    })
    const token = await issuer.mint()
    const ask = async () => {
      const requests = [bearer(token), anonymous(), bearer(token, '/down'), anonymous('/healthz')]
      return Promise.all(requests.map(async (request) => (await guarded(request)).status))
    }
    expect(await ask()).toEqual([200, 401, 503, 200])
    await new Promise((resolve) => setTimeout(resolve))
    expect(log.mock.calls.map(([line]) => line)).toEqual(logged)
  })
})

it('a fault of the tracer keeps nothing from the meter, and a span is ended although it has no status', async () => {
  const sdk = telemetry()
  const end = vi.fn()
  const tracer = { startSpan: () => ({ setStatus: thrower, end }) }
  const onDecision = otelObserver({ tracer, meter: sdk.meters.getMeter('test') })
  const options = { ...issuer.options, revocations: { lookup: thrower }, onDecision }
  await withCaracal(() => new Response(), options)(bearer(await issuer.mint()))
  expect(end).toHaveBeenCalledOnce()
  const { 'caracal.decisions': counted, 'caracal.decision.duration': timed } = await sdk.metrics()
  expect([counted?.points.length, timed?.points.length]).toEqual([1, 1])
})

it('what is given instead of a request is counted as the error that it is', async () => {
  const sdk = telemetry()
  const onDecision = otelObserver({ meter: sdk.meters.getMeter('test') })
  const verifier = createMandateVerifier({ ...issuer.options, onDecision })
  const unreadable = new Proxy(anonymous(), { get: thrower })
  for (const wrong of [null, unreadable]) {
    expect(await verifier.authorize(wrong as never)).toMatchObject({ code: 'server_error' })
  }
  const { 'caracal.decisions': counted } = await sdk.metrics()
  expect(counted?.points).toMatchObject([{ value: 2 }])
})

it('without an SDK nothing is reported, and nothing is logged', async () => {
  const guarded = withCaracal(() => new Response('handled'), {
    ...issuer.options,
    onDecision: otelObserver(),
  })
  expect((await guarded(bearer(await issuer.mint()))).status).toBe(200)
  expect((await guarded(anonymous())).status).toBe(401)
  expect(log).not.toHaveBeenCalled()
})
