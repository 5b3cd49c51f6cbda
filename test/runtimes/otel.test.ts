// `otelObserver` in every runtime, with its own telemetry: the SDK on Node and Bun, what Deno exports by itself, and the
// tracing that is built into Workers.

import { createTestIssuer } from 'caracal-edge/testing'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { startPlainWorkerd } from '../../lab/plain-workerd.mjs'
import { RunningProgram } from '../examples/support/running-program.ts'
import { skip } from './describe-runtime.ts'
import { ask } from './requests.ts'
import { missingUnless } from './runtime.ts'
import { type Exported, spansOf, startCollector } from './telemetry.ts'

const issuer = createTestIssuer()
const { issuer: iss, expectedZoneId, audience } = issuer.options
const TRUSTED = JSON.stringify({
  issuer: iss,
  expectedZoneId,
  audience,
  keySet: { jwks: await issuer.jwks() },
})

interface Runtime {
  readonly name: string
  readonly missing?: string | undefined
  start(): Promise<{ origin: string; exported(): Promise<Exported>; stop(): Promise<void> }>
  readonly hasNoMetrics?: true
}

const DENO = 'node_modules/.bin/deno'
const BUN = 'node_modules/.bin/bun'

async function start(command: string, variables = {}) {
  const program = new RunningProgram(command, { TRUSTED, ...variables })
  const [origin] = await program.untilItPrints(/http:\/\/127\.0\.0\.1:\d+/)
  return { origin, stop: () => program.stop() }
}

async function withSdk(command: string) {
  const { origin, stop } = await start(`${command} test/runtimes/subject/otel-sdk.mjs`)
  return { origin, stop, exported: async () => (await fetch(`${origin}/exported`)).json() }
}

const RUNTIMES: readonly Runtime[] = [
  { name: 'Node', start: () => withSdk('node') },
  { name: 'Bun', missing: missingUnless(BUN), start: () => withSdk(BUN) },
  {
    name: 'Deno',
    missing: missingUnless(DENO),
    async start() {
      const collector = await startCollector()
      const run = `${DENO} run --cached-only --no-prompt --allow-net=127.0.0.1 --allow-env`
      const { origin, stop } = await start(`${run} test/runtimes/subject/otel-deno.mjs`, {
        OTEL_DENO: 'true',
        OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
        OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
        OTEL_BSP_SCHEDULE_DELAY: '50',
        OTEL_METRIC_EXPORT_INTERVAL: '100',
      })
      return {
        origin,
        exported: async () => collector.exported(),
        async stop() {
          await stop()
          collector.close()
        },
      }
    },
  },
  {
    name: 'workerd',
    hasNoMetrics: true,
    async start() {
      const [program, tail] = ['worker', 'tail'].map((name) => `test/runtimes/subject/otel-${name}.mjs`)
      const { port, tailPort, stop } = await startPlainWorkerd(program ?? '', [], { TRUSTED }, tail)
      const exported = async () => {
        const events = await (await fetch(`http://127.0.0.1:${tailPort}`)).json()
        return { spans: spansOf(events), metrics: [] }
      }
      return { origin: `http://127.0.0.1:${port}`, exported, stop }
    },
  },
]

const ADMITTED = { 'caracal.outcome': 'admit', 'caracal.route': '/payouts', 'caracal.hop_count': 1 }
const REFUSED = { 'caracal.outcome': 'deny', 'caracal.code': 'missing_token', 'caracal.step': 'credential' }
const DOWN = { 'caracal.outcome': 'deny', 'caracal.code': 'revocation_unavailable', 'caracal.route': '/down' }

describe.each(RUNTIMES)('$name', ({ name, missing, start, hasNoMetrics }) => {
  if (missing !== undefined) {
    skip(`OpenTelemetry on ${name}`, missing)
    return
  }
  let running: Awaited<ReturnType<Runtime['start']>> | undefined
  let exported: Exported = { spans: [], metrics: [] }

  beforeAll(async () => {
    running = await start()
    const mandate = await issuer.mint({ scopes: ['payout'] })
    const { origin } = running
    const statuses = [
      (await ask(origin, '/payouts', { mandate })).status,
      (await ask(origin, '/payouts')).status,
      (await ask(origin, '/down', { mandate })).status,
      (await ask(origin, '/healthz')).status,
    ]
    expect(statuses).toEqual([200, 401, 503, 200])
    await vi.waitFor(
      async () => {
        exported = (await running?.exported()) ?? exported
        expect(exported.spans.filter(({ name }) => name === 'caracal.decision')).toHaveLength(3)
        expect(exported.spans.filter(({ parent }) => !parent).length).toBeGreaterThanOrEqual(4)
        // Deno exports again and again, each time what there is by then.
        const series = exported.metrics.flatMap(({ attributes }) => attributes)
        expect(series).toHaveLength(hasNoMetrics ? 0 : 7)
      },
      { timeout: 10_000, interval: 50 },
    )
  }, 60_000)
  afterAll(() => running?.stop())

  const decisions = () => exported.spans.filter(({ name }) => name === 'caracal.decision')

  test('each decision is a span, which is an error only if nothing could be decided', () => {
    expect(decisions().map(({ attributes }) => attributes)).toEqual([
      expect.objectContaining(ADMITTED),
      expect.objectContaining({ ...REFUSED, 'http.response.status_code': 401 }),
      expect.objectContaining({ ...DOWN, 'error.type': 'revocation_unavailable' }),
    ])
    expect(decisions().map(({ isError }) => isError)).toEqual([false, false, true])
  })

  test('what was measured is on it', () => {
    for (const { attributes } of decisions().filter((_, index) => index !== 1)) {
      expect(attributes).toMatchObject({
        'caracal.key.id': expect.any(String),
        'caracal.duration': expect.any(Number),
        'caracal.store.duration': expect.any(Number),
      })
    }
  })

  test('it is a child of the span of the request, which has the outcome too', () => {
    const requests = decisions().map(({ parent }) => exported.spans.find(({ id }) => id === parent))
    expect(requests.map((span) => span?.attributes)).toEqual([
      expect.objectContaining(ADMITTED),
      expect.objectContaining(REFUSED),
      expect.objectContaining(DOWN),
    ])
  })

  test('decisions are counted and timed, where the runtime has metrics', () => {
    const outcomes = exported.metrics.map(({ name, attributes }) => [
      name,
      attributes.map((one) => [one['caracal.outcome'], one['caracal.reason']]).sort(),
    ])
    const all = {
      'caracal.decisions': [
        ['admit', undefined],
        ['deny', 'missing_token'],
        ['deny', 'revocation_unavailable'],
        ['skip', undefined],
      ],
      'caracal.decision.duration': [
        ['admit', undefined],
        ['deny', undefined],
        ['deny', undefined],
      ],
    }
    expect(Object.fromEntries(outcomes)).toEqual(hasNoMetrics ? {} : all)
  })
})
