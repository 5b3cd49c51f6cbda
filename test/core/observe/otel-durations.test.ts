// `otelObserver`: what was measured, on the span of a decision and in the histogram.

import { SpanStatusCode } from '@opentelemetry/api'
import { describe, expect, it } from 'vitest'
import { failing, issuer, keySet, reporting } from '../support/reporting.ts'
import { anonymous, bearer } from '../support/requests.ts'
import { lengthOf } from '../support/telemetry.ts'

const [key] = keySet.jwks.keys

describe('the span of a decision', () => {
  it('has the outcome of an admission and what was measured, and no status', async () => {
    const { sdk, guarded } = reporting()
    const token = await issuer.mint({ scopes: ['payout'], hops: 2 })
    await guarded(bearer(token, '/payouts'))
    await guarded(bearer(token, '/payouts'))
    const spans = sdk.spans()
    const attributes = {
      'caracal.outcome': 'admit',
      'caracal.route': '/payouts',
      'caracal.hop_count': 2,
      'caracal.key.id': key?.kid,
      'caracal.signature.duration': expect.any(Number),
      'caracal.store.duration': expect.any(Number),
    }
    expect(spans.map(({ name, status }) => ({ name, status }))).toEqual(
      Array(2).fill({ name: 'caracal.decision', status: { code: SpanStatusCode.UNSET } }),
    )
    expect(spans[0]?.attributes).toMatchObject({ ...attributes, 'caracal.signature.remembered': false })
    const { 'caracal.signature.duration': _, ...second } = attributes
    expect(spans[1]?.attributes).toMatchObject({ ...second, 'caracal.signature.remembered': true })
  })

  it('begins with the decision and ends with it', async () => {
    const { sdk, guarded, events } = reporting({
      revocations: {
        async lookup() {
          await new Promise((resolve) => setTimeout(resolve, 20))
          return { revoked: false, delegationEpoch: 0 }
        },
      },
    })
    const before = Date.now()
    await guarded(bearer(await issuer.mint()))
    const [span] = sdk.spans()
    if (span === undefined) throw new Error('There is no span.')
    expect(lengthOf(span)).toBeCloseTo(events[0]?.durationMs ?? 0, 3)
    expect(lengthOf(span)).toBeGreaterThanOrEqual(19)
    expect(span.attributes['caracal.duration']).toBeCloseTo(lengthOf(span) / 1000, 6)
    const [seconds, nanoseconds] = span.startTime
    expect(seconds * 1e3 + nanoseconds / 1e6).toBeGreaterThanOrEqual(before - 1)
  })
})

describe('the histogram', () => {
  it('times decisions by outcome, in seconds', async () => {
    const { sdk, guarded, events } = reporting({}, true)
    const token = await issuer.mint({ scopes: ['payout'] })
    await guarded(bearer(token, '/payouts'))
    await guarded(bearer(token, '/payouts?q=1'))
    await guarded(bearer(await issuer.mint({ expired: true })))
    await guarded(anonymous('/healthz'))
    const metrics = await sdk.metrics()
    const { unit, points = [] } = metrics['caracal.decision.duration'] ?? {}
    expect(unit).toBe('s')
    const [admit, deny, ...others] = points
    expect(others).toEqual([])
    const taken = (outcome: string) =>
      events.reduce((sum, event) => sum + (event.outcome === outcome ? (event.durationMs ?? 0) : 0), 0) / 1000
    expect(admit).toMatchObject({ attributes: { 'caracal.outcome': 'admit' }, value: { count: 2 } })
    expect(admit?.value).toHaveProperty('sum', expect.closeTo(taken('admit'), 6))
    expect(deny).toMatchObject({ attributes: { 'caracal.outcome': 'deny' }, value: { count: 1 } })
    // Finer than the SDK's own for times of a few microseconds, and past the longest that a store may take.
    expect(admit?.value).toHaveProperty('buckets.boundaries.0', 0.00005)
    expect(admit?.value).toHaveProperty('buckets.boundaries', expect.arrayContaining([10]))
  })

  it('says which error kept the guard from deciding', async () => {
    const { sdk, guarded } = reporting({ revocations: failing })
    await guarded(bearer(await issuer.mint()))
    const metrics = await sdk.metrics()
    const error = { 'error.type': 'revocation_unavailable' }
    expect(metrics['caracal.decisions']?.points[0]?.attributes).toMatchObject(error)
    expect(metrics['caracal.decision.duration']?.points[0]?.attributes).toMatchObject(error)
  })
})
