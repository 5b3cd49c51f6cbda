// What an event says of the decision: step, route, and what came with the request.

import { type CaracalOptions, createMandateVerifier, type DecisionEvent } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { FAULTS } from '../support/fault-cases.ts'
import { bringAbout } from '../support/faults.ts'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'
import { onlyEvent, runGuard } from '../support/run-guard.ts'

const issuer = createTestIssuer()

afterEach(() => {
  vi.restoreAllMocks()
})

const eventOf = (options: Partial<CaracalOptions>, request: Request) =>
  onlyEvent({ ...issuer.options, ...options }, request)

describe('the step that ended the decision', () => {
  const STEPS: { readonly [reason: string]: DecisionEvent['step'] } = {
    missing_token: 'credential',
    malformed: 'signature',
    keys_unavailable: 'signature',
    unknown_key: 'signature',
    bad_signature: 'signature',
    invalid_claims: 'signature',
    wrong_issuer: 'claims',
    wrong_audience: 'claims',
    expired: 'claims',
    not_yet_valid: 'claims',
    lives_too_long: 'claims',
    invalid_zone: 'claims',
    wrong_use: 'requirements',
    insufficient_scope: 'requirements',
    missing_target: 'requirements',
    agent_required: 'requirements',
    delegation_required: 'requirements',
    hop_count_exceeded: 'requirements',
    chain_mismatch: 'requirements',
    session_revoked: 'revocation',
    delegation_stale: 'revocation',
    revocation_unavailable: 'revocation',
    server_error: undefined,
  }

  it.each(FAULTS)('is told of $reason', async (wrong) => {
    vi.spyOn(console, 'error').mockReturnValue()
    vi.useFakeTimers({ toFake: ['Date'] })
    const { options, request } = await bringAbout(wrong)
    const { events } = await runGuard(options, request)
    vi.useRealTimers()
    expect(events.map(({ step }) => step)).toEqual([STEPS[wrong.reason]])
    expect(Object.keys(STEPS)).toContain(wrong.reason)
  })

  it('is the path of an excluded one, none of an admission, and expiry where the store took too long', async () => {
    expect((await eventOf({ exclude: ['/x'] }, anonymous())).step).toBe('path')
    expect((await eventOf({}, bearer(await issuer.mint()))).step).toBeUndefined()
    vi.useFakeTimers({ toFake: ['Date'] })
    const token = await issuer.mint()
    const lookup = () => {
      vi.setSystemTime(Date.now() + 86_400_000)
      return { revoked: false, delegationEpoch: 0 }
    }
    const event = await eventOf({ revocations: { lookup } }, bearer(token))
    vi.useRealTimers()
    expect(event).toMatchObject({ reason: 'expired', step: 'expiry' })
  })
})

describe('the route', () => {
  const routes = {
    '/payouts': { requiredScopes: ['payouts'] },
    'POST /payouts': { requiredScopes: ['payouts', 'create'] },
  }
  it.each([
    { path: '/payouts/7', method: 'GET', route: '/payouts' },
    { path: '/payouts', method: 'POST', route: 'POST /payouts' },
    { path: '/other', method: 'GET', route: undefined },
    // Two rules apply: the guard's own, and that of the route that a router which folds case would take.
    { path: '/PAYOUTS', method: 'GET', route: '/payouts' },
    // Every rule applies, so that no one route can be named.
    { path: `/${'%25'.repeat(2_000)}`, method: 'GET', route: undefined },
  ])('of $method $path is $route', async ({ path, method, route }) => {
    const scoped = bearer(await issuer.mint({ claims: { scope: 'payouts create' } }), path, { method })
    const bare = bearer(await issuer.mint({ claims: { scope: 'x' } }), path, { method })
    for (const request of [anonymous(path, { method }), scoped, bare])
      expect((await eventOf({ routes }, request)).route).toBe(route)
  })
})

describe('what came with the request is told only in its form:', () => {
  const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const UUID = '0190f2a0-7c1c-7b2e-9f43-2f1c7a1b9f01'
  it.each<[string, Record<string, string>, Partial<DecisionEvent>]>([
    ['a request id', { 'x-request-id': UUID }, { requestId: UUID }],
    ['that of Cloudflare', { 'cf-ray': '8f2e4d1c9a7b-FRA' }, { requestId: '8f2e4d1c9a7b-FRA' }],
    ['the first of both', { 'x-request-id': UUID, 'cf-ray': '8f2e4d1c9a7b-FRA' }, { requestId: UUID }],
    [
      'the other, if the first has no form',
      { 'x-request-id': 'a b', 'cf-ray': '8f2e4d1c9a7b-FRA' },
      { requestId: '8f2e4d1c9a7b-FRA' },
    ],
    ['no short one', { 'x-request-id': '1234567' }, {}],
    ['the shortest', { 'x-request-id': '12345678' }, { requestId: '12345678' }],
    ['the longest', { 'x-request-id': 'a'.repeat(64) }, { requestId: 'a'.repeat(64) }],
    ['no longer one', { 'x-request-id': 'a'.repeat(65) }, {}],
    ['none with other characters', { 'x-request-id': '12345678\u00e9' }, {}],
    ['none that could be markup', { 'x-request-id': '<script>x' }, {}],
    ['none with an escape', { 'x-request-id': 'a%0d%0ab-12345' }, {}],
    ['no two', { 'x-request-id': `${UUID}, ${UUID}` }, {}],
    ['a trace parent', { traceparent: TRACE }, { traceparent: TRACE }],
    ['none of another version', { traceparent: TRACE.replace('00-', '01-') }, {}],
    ['none in capitals', { traceparent: TRACE.toUpperCase() }, {}],
    ['none without a trace', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01` }, {}],
    ['none without a parent', { traceparent: TRACE.replace('b7ad6b7169203331', '0'.repeat(16)) }, {}],
    ['none with more', { traceparent: `${TRACE}-x` }, {}],
  ])('%s', async (_, headers, told) => {
    const all = { requestId: undefined, traceparent: undefined, ...told }
    expect(await eventOf({}, anonymous('/x', { headers }))).toMatchObject(all)
    expect(await eventOf({ exclude: ['/x'] }, anonymous('/x', { headers }))).toMatchObject(all)
    expect(await eventOf({}, bearer(await issuer.mint(), '/x', { headers }))).toMatchObject(all)
  })

  it('no part of a credential, and no anchor of the mandate', async () => {
    const anchors = { sid: 'sid-of-seven', root_sid: 'root-of-seven', agent_session_id: 'agent-of-seven' }
    const trace = { delegation_edge_id: '0af7651916cd43dd8448eb211c80319c' }
    const token = await issuer.mint({ claims: { ...anchors, ...trace } })
    const parts = [token.split('.')[1]?.slice(0, 40), token.split('.')[2]?.slice(0, 64)]
    for (const id of [...parts, ...Object.values(anchors).flatMap((anchor) => [anchor, `x-${anchor}-1`])]) {
      const headers = { 'x-request-id': id ?? '' }
      expect(await eventOf({}, bearer(token, '/x', { headers }))).toMatchObject({ requestId: undefined })
      const unverified = await eventOf({ exclude: ['/x'] }, bearer(token, '/x', { headers }))
      expect(unverified).toMatchObject({ outcome: 'skip', requestId: undefined })
    }
    const headers = { traceparent: TRACE }
    expect(await eventOf({}, bearer(token, '/x', { headers }))).toMatchObject({ traceparent: undefined })
    // A UUID in the other ways to write it.
    const sid = '0af76519-16cd-43dd-8448-eb211c80319c'
    const uuid = await issuer.mint({ claims: { sid, root_sid: sid } })
    const hidden = { traceparent: undefined, requestId: undefined }
    const spelled = { traceparent: TRACE, 'x-request-id': sid.toUpperCase() }
    expect(await eventOf({}, bearer(uuid, '/x', { headers: spelled }))).toMatchObject(hidden)
    const cookie = { cookie: 'session=secret-of-seven', 'x-request-id': 'secret-of-seven' }
    expect(await eventOf({}, anonymous('/x', { headers: cookie }))).toMatchObject({ requestId: undefined })
    // A guard that takes the credential from there.
    const other = await eventOf(
      { credentialHeader: 'X-Request-Id' },
      anonymous('/x', { headers: { 'x-request-id': 'secret-of-seven' } }),
    )
    expect(other).toMatchObject({ reason: 'malformed', requestId: undefined })
  })

  it.each([
    ['GET', 'GET'],
    ['PATCH', 'PATCH'],
    ['QUERY', 'QUERY'],
    ['PROPFIND', '_OTHER'],
    ['eyJhbGciOiJFUzI1NiJ9', '_OTHER'],
  ])('the method %s as %s', async (method, told) => {
    // Not every runtime makes a request with any method.
    const request = Object.assign(rawRequest('/x'), { method })
    expect((await eventOf({}, request)).method).toBe(told)
  })

  it('nothing of a token, which comes without a request', async () => {
    const events: DecisionEvent[] = []
    const onDecision = (event: DecisionEvent) => events.push(event)
    await createMandateVerifier({ ...issuer.options, onDecision }).authorizeToken(await issuer.mint())
    expect(events).toMatchObject([{ method: undefined, requestId: undefined, traceparent: undefined }])
  })
})
