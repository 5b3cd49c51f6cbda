// Whatever comes, nothing that is exported contains a part of it, and identities only where they are asked for.

import { withCaracal } from 'caracal-edge'
import { otelObserver } from 'caracal-edge/otel'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { numRuns } from '../../support/runs.ts'
import { telemetry } from '../support/telemetry.ts'

/** Part of every value that comes with a request. */
const SECRET = 'hunter2'

const issuer = createTestIssuer({ zoneId: `zone-${SECRET}`, audience: `resource://${SECRET}` })
const keySet = { jwks: await issuer.jwks() }

const IDENTITIES = {
  'enduser.id': 'sub',
  'caracal.client.id': 'client_id',
  'caracal.zone.id': 'zone_id',
  'caracal.mandate.id': 'jti',
} as const

/** Letters of all kinds with the secret between them. */
const text = fc.tuple(fc.string(), fc.string()).map(([before, after]) => `${before}${SECRET}${after}`)
const id = fc.stringMatching(/^[\w.-]{0,9}$/).map((some) => `${some}${SECRET}`)

interface Mandate extends MandateDepartures {
  readonly claims?: { readonly [claim: string]: string }
}

interface Asked {
  readonly path: string
  readonly method: string
  readonly requestId: string
  readonly credential: 'mandate' | 'other' | 'none'
}

const departures: fc.Arbitrary<Mandate> = fc.record(
  {
    claims: fc.record(
      {
        ...{ sub: id, client_id: id, jti: id, sid: id, root_sid: id, agent_session_id: id },
        ...{ delegation_edge_id: id, zone_id: fc.constantFrom(issuer.zoneId, `other-${SECRET}`) },
        other: text,
      },
      { requiredKeys: ['sub', 'client_id', 'jti', 'sid'] },
    ),
    scopes: fc.subarray(['read', `write-${SECRET}`]),
    hops: fc.nat(12),
    expired: fc.boolean(),
    key: fc.constantFrom('current' as const, 'forged' as const, 'unknown' as const),
  },
  { requiredKeys: ['claims'] },
)

/** What must be among what is tried, so that the property is about something. */
const WITNESSES: readonly { readonly path?: string; readonly mandate?: Mandate; readonly verdict: string }[] =
  [
    { verdict: 'admit' },
    { mandate: { expired: true }, verdict: 'expired' },
    { mandate: { key: 'forged' }, verdict: 'bad_signature' },
    { path: '/payouts', mandate: { scopes: [] }, verdict: 'insufficient_scope' },
    { path: '/down', verdict: 'revocation_unavailable' },
  ]

const request: fc.Arbitrary<Asked> = fc.record({
  path: fc
    .constantFrom('/x', '/payouts', '/down', '/healthz')
    .chain((path) => text.map((more) => `${path}/${encodeURIComponent(more)}?${SECRET}`)),
  method: fc.constantFrom('GET', 'POST', 'PURGE'),
  requestId: id,
  credential: fc.constantFrom('mandate' as const, 'mandate' as const, 'other' as const, 'none' as const),
})

const failing = {
  lookup: () => Promise.reject(new Error(SECRET)),
}

it.each([{ includeIdentity: false }, { includeIdentity: true }])(
  'nothing of a mandate or a request is exported, with %o',
  async ({ includeIdentity }) => {
    const sdk = telemetry()
    const guarded = withCaracal(() => new Response('handled'), {
      ...issuer.options,
      keySet,
      routes: {
        '/payouts': { requiredScopes: ['read'], requireDelegation: true },
        '/down': { revocations: failing },
      },
      exclude: ['/healthz'],
      onDecision: otelObserver({
        tracer: sdk.tracers.getTracer('test'),
        meter: sdk.meters.getMeter('test'),
        includeIdentity,
      }),
    })
    const verdicts = new Set<unknown>()
    const claims = { sub: SECRET, client_id: SECRET, jti: SECRET, sid: SECRET, root_sid: SECRET }
    const examples = WITNESSES.map(({ path = '/x', mandate }): [Mandate, Asked] => [
      { claims, ...mandate },
      { path: `${path}/${SECRET}`, method: 'GET', requestId: SECRET, credential: 'mandate' },
    ])
    await fc.assert(
      fc.asyncProperty(departures, request, async (mandate, { path, method, requestId, credential }) => {
        const token = await issuer.mint(mandate)
        const given = { mandate: `Bearer ${token}`, other: `Basic ${SECRET}`, none: undefined }[credential]
        const before = sdk.spans().length
        const headers = {
          'x-request-id': requestId,
          traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        }
        const init = { method, headers: given === undefined ? headers : { ...headers, authorization: given } }
        await guarded(new Request(`https://api.test${path}`, init))
        for (const { name, status, attributes, events, links } of sdk.spans().slice(before)) {
          verdicts.add(attributes['caracal.reason'] ?? attributes['caracal.outcome'])
          const anonymous = { ...attributes }
          for (const [identity, claim] of Object.entries(IDENTITIES)) {
            if (!includeIdentity) continue
            const expected = claim === 'zone_id' ? expect.stringContaining(SECRET) : mandate.claims?.[claim]
            if (identity in anonymous) expect(anonymous[identity]).toEqual(expected)
            delete anonymous[identity]
          }
          const exported = JSON.stringify([name, status, anonymous, events, links])
          expect(exported).not.toContain(SECRET)
          for (const part of token.split('.')) expect(exported).not.toContain(part)
          expect(exported).not.toContain('a'.repeat(32))
        }
      }),
      { ...numRuns(150), examples },
    )
    const metrics = JSON.stringify(await sdk.metrics())
    expect(metrics).not.toContain(SECRET)
    expect(metrics).not.toContain('payouts')
    expect([...verdicts]).toEqual(expect.arrayContaining(WITNESSES.map(({ verdict }) => verdict)))
  },
)
