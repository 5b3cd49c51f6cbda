// `otelObserver`: what the span of a decision says.

import { SpanStatusCode } from '@opentelemetry/api'
import { createMandateVerifier, withCaracal } from 'caracal-edge'
import { otelObserver } from 'caracal-edge/otel'
import { describe, expect, it, vi } from 'vitest'
import { failing, issuer, keySet, reporting } from '../support/reporting.ts'
import { anonymous, bearer } from '../support/requests.ts'
import { telemetry } from '../support/telemetry.ts'

const HOLDER = { sub: 'user-7', client_id: 'app-7', jti: 'jti-7' }

describe('the span of a decision', () => {
  it('of a refusal has the code, and is no error', async () => {
    const { sdk, guarded } = reporting()
    await guarded(bearer(await issuer.mint({ scopes: ['other'] }), '/payouts'))
    await guarded(bearer(await issuer.mint({ key: 'forged' })))
    await guarded(anonymous())
    const refused = (code: string, status: number, step: string, reason = code) => ({
      'caracal.outcome': 'deny',
      'caracal.code': code,
      'caracal.reason': reason,
      'caracal.step': step,
      'http.response.status_code': status,
    })
    expect(sdk.spans().map(({ attributes }) => attributes)).toMatchObject([
      refused('insufficient_scope', 403, 'requirements'),
      refused('invalid_token', 401, 'signature', 'bad_signature'),
      refused('missing_token', 401, 'credential'),
    ])
    for (const { status, attributes } of sdk.spans()) {
      expect(status).toEqual({ code: SpanStatusCode.UNSET })
      expect(attributes).not.toHaveProperty('error.type')
    }
  })

  it('is an error where nothing could be decided, without the words of the cause', async () => {
    const { sdk, guarded } = reporting({ revocations: failing })
    await guarded(bearer(await issuer.mint()))
    const [span] = sdk.spans()
    expect(span?.status).toEqual({ code: SpanStatusCode.ERROR })
    expect(span?.attributes).toMatchObject({
      'caracal.code': 'revocation_unavailable',
      'caracal.fault': 'failed',
      'error.type': 'revocation_unavailable',
      'http.response.status_code': 503,
    })
    expect(span?.events).toEqual([])
    expect(JSON.stringify(span?.attributes)).not.toContain('hunter2')
  })

  it('has no status of an answer where there is none: a token alone, or a WebSocket that is closed', async () => {
    const sdk = telemetry()
    const onDecision = otelObserver({ tracer: sdk.tracers.getTracer('test') })
    const options = { ...issuer.options, keySet, onDecision }
    await createMandateVerifier(options).authorizeToken('hunter2')
    const upgrade = { headers: { upgrade: 'websocket', connection: 'Upgrade' } }
    await withCaracal(() => new Response(), options)(anonymous('/x', upgrade))
    expect(sdk.spans().map(({ attributes }) => attributes)).toMatchObject([
      { 'caracal.code': 'invalid_token' },
      { 'caracal.code': 'missing_token' },
    ])
    for (const { attributes } of sdk.spans())
      expect(attributes).not.toHaveProperty('http.response.status_code')
  })

  it('has no attribute that says nothing', async () => {
    const startSpan = vi.fn((_: string, __: object) => ({ setStatus() {}, end() {} }))
    const onDecision = otelObserver({ tracer: { startSpan } })
    await withCaracal(() => new Response(), { ...issuer.options, keySet, onDecision })(anonymous())
    expect(startSpan.mock.calls[0]?.[1]).toStrictEqual({
      startTime: expect.any(Number),
      attributes: {
        'caracal.outcome': 'deny',
        'caracal.code': 'missing_token',
        'caracal.reason': 'missing_token',
        'caracal.step': 'credential',
        'caracal.duration': expect.any(Number),
        'http.response.status_code': 401,
      },
    })
  })

  it('is missing for an excluded path, about which nothing is decided', async () => {
    const { sdk, guarded, events } = reporting()
    await guarded(anonymous('/healthz'))
    expect(events).toMatchObject([{ outcome: 'skip' }])
    expect(sdk.spans()).toEqual([])
  })
})

describe('identities', () => {
  const names = ['enduser.id', 'caracal.client.id', 'caracal.zone.id', 'caracal.mandate.id']

  it('are on the span if they are asked for and the signature is good', async () => {
    const { sdk, guarded } = reporting({}, true)
    await guarded(bearer(await issuer.mint({ claims: HOLDER })))
    await guarded(bearer(await issuer.mint({ claims: HOLDER, key: 'forged' })))
    await guarded(anonymous('/healthz'))
    const [good, forged] = sdk.spans().map(({ attributes }) => names.map((name) => attributes[name]))
    expect(good).toEqual(['user-7', 'app-7', 'zone-1', 'jti-7'])
    expect(forged).toEqual(names.map(() => undefined))
  })

  it('are nowhere else', async () => {
    const { sdk, guarded } = reporting()
    await guarded(bearer(await issuer.mint({ claims: HOLDER })))
    const [{ attributes } = { attributes: {} }] = sdk.spans()
    for (const name of names) expect(attributes).not.toHaveProperty(name)
  })
})

it('the counter counts decisions by outcome, code and reason, and never by identity', async () => {
  const { sdk, guarded } = reporting({}, true)
  const token = await issuer.mint({ scopes: ['payout'], claims: HOLDER })
  await guarded(bearer(token, '/payouts'))
  await guarded(bearer(token, '/payouts?q=1'))
  await guarded(bearer(await issuer.mint({ expired: true })))
  await guarded(anonymous('/healthz'))
  const metrics = await sdk.metrics()
  const refused = { 'caracal.outcome': 'deny', 'caracal.code': 'invalid_token', 'caracal.reason': 'expired' }
  expect(metrics['caracal.decisions']).toEqual({
    unit: '{decision}',
    points: [
      { attributes: { 'caracal.outcome': 'admit' }, value: 2 },
      { attributes: refused, value: 1 },
      { attributes: { 'caracal.outcome': 'skip' }, value: 1 },
    ],
  })
})
