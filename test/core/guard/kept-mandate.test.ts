// `verifier.recheck`: a mandate that was kept in an attachment or a queue is read as strictly as claims, and decided anew.

import {
  type CaracalOptions,
  createMandateVerifier,
  type DecisionEvent,
  InMemoryRevocationStore,
  type Mandate,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { recordingStore } from '../support/recording-store.ts'

const issuer = createTestIssuer()
const claims = {
  scope: 'read write',
  target: ['resource://a'],
  delegation_edge_id: 'edge-2',
  delegation_path: ['edge-1', 'edge-2'],
  delegation_chain: [{ application_id: 'app-5', agent_session_id: 'agent-5' }, { application_id: 'app-6' }],
  hop_count: 2,
  delegation_graph_epoch: 4,
}

afterEach(() => {
  vi.useRealTimers()
})

async function mandateOf(options: CaracalOptions = issuer.options): Promise<Mandate> {
  const decision = await createMandateVerifier(options).authorizeToken(await issuer.mint({ claims }))
  if (decision.outcome === 'deny') throw new Error(decision.reason)
  return decision.mandate
}

const FORMS: Readonly<Record<string, (mandate: Mandate) => Mandate>> = {
  'the mandate itself': (mandate) => mandate,
  structuredClone: (mandate) => structuredClone(mandate),
  JSON: (mandate) => JSON.parse(JSON.stringify(mandate)),
  'JSON with its members in another order': (mandate) =>
    JSON.parse(JSON.stringify(Object.fromEntries(Object.entries(mandate).reverse()))),
}

describe.each(Object.entries(FORMS))('%s', (_, form) => {
  it('is admitted as the same mandate, frozen, with no event', async () => {
    const onDecision = vi.fn()
    const mandate = await mandateOf()
    const decision = await createMandateVerifier({ ...issuer.options, onDecision }).recheck(form(mandate))
    expect(decision).toStrictEqual({ outcome: 'admit', mandate })
    if (decision.outcome === 'admit') expect(Object.isFrozen(decision.mandate.delegationChain[0])).toBe(true)
    expect(onDecision).not.toHaveBeenCalled()
  })

  it.each<[string, Partial<CaracalOptions>]>([
    ['wrong_issuer', { issuer: 'https://other.test' }],
    ['wrong_audience', { audience: 'resource://other' }],
    ['invalid_zone', { expectedZoneId: 'zone-other' }],
    ['lives_too_long', { maxLifetimeSeconds: 1 }],
    ['insufficient_scope', { requiredScopes: ['pay'] }],
    ['wrong_use', { requiredUse: 'session' }],
    ['hop_count_exceeded', { maxHopCount: 1 }],
  ])('is denied with %s by a verifier that asks so, in one event', async (reason, more) => {
    const events: DecisionEvent[] = []
    const revocations = recordingStore()
    const onDecision = (event: DecisionEvent) => events.push(event)
    const verifier = createMandateVerifier({ ...issuer.options, revocations, onDecision, ...more })
    expect(await verifier.recheck(form(await mandateOf()))).toMatchObject({ outcome: 'deny', reason })
    expect(events).toMatchObject([{ outcome: 'deny', reason, sub: 'user-1' }])
    expect(revocations.queries).toEqual([])
  })

  it('is denied by a verifier that requires more', async () => {
    const verifier = createMandateVerifier(issuer.options).require({ requiredScopes: ['pay'] })
    expect(await verifier.recheck(form(await mandateOf()))).toMatchObject({ code: 'insufficient_scope' })
  })

  it('is denied once it is revoked, stale or expired, and in an outage', async () => {
    const revocations = new InMemoryRevocationStore()
    const mandate = form(await mandateOf())
    const verifier = createMandateVerifier({ ...issuer.options, revocations })
    await revocations.markDelegationEpoch(mandate.zoneId, 5)
    expect(await verifier.recheck(mandate)).toMatchObject({ code: 'delegation_stale' })
    await revocations.markRevoked(mandate.sid)
    expect(await verifier.recheck(mandate)).toMatchObject({ code: 'session_revoked' })
    const onDecision = () => {}
    const down = createMandateVerifier({
      ...issuer.options,
      revocations: recordingStore(() => null),
      onDecision,
    })
    expect(await down.recheck(mandate)).toMatchObject({ code: 'revocation_unavailable' })
    vi.useFakeTimers({ toFake: ['Date'], now: mandate.expiresAt * 1000 })
    expect(await down.recheck(mandate)).toMatchObject({ reason: 'expired' })
  })
})

type Change = (mandate: Record<string, unknown>) => unknown
const without =
  (name: string): Change =>
  (mandate) => {
    delete mandate[name]
    return mandate
  }
const CHANGES: Readonly<Record<string, Change>> = {
  undefined: () => undefined,
  null: () => null,
  'its JSON text': (mandate) => JSON.stringify(mandate),
  'a list': (mandate) => [mandate],
  'a Map': (mandate) => new Map(Object.entries(mandate)),
  'one that inherits its members': (mandate) => Object.create(mandate),
  'one with a getter that throws': (mandate) =>
    Object.defineProperty(mandate, 'sub', {
      get() {
        throw new Error('secret')
      },
    }),
  'its claims': () => ({ sub: 'user-1', ...claims }),
  'more members': (mandate) => ({ ...mandate, cnf: {} }),
  'a symbol as a name': (mandate) => ({ ...mandate, [Symbol('x')]: 1 }),
  'more scopes in the list': (mandate) => ({ ...mandate, scopes: ['read', 'write', 'pay'] }),
  'another scope': (mandate) => ({ ...mandate, scope: 'read write pay' }),
  'an audience that is no list': (mandate) => ({ ...mandate, audience: 'resource://api' }),
  'the use gateway': (mandate) => ({ ...mandate, use: 'gateway' }),
  'an unknown subject type': (mandate) => ({ ...mandate, subType: 'robot' }),
  'an expiry that is text': (mandate) => ({ ...mandate, expiresAt: '1900000000' }),
  'an expiry that is infinite': (mandate) => ({ ...mandate, expiresAt: Number.POSITIVE_INFINITY }),
  'an id that is empty': (mandate) => ({ ...mandate, sid: '' }),
  'an agent that is null': (mandate) => ({ ...mandate, agentSessionId: null }),
  'a hop count that is a Number object': (mandate) => ({ ...mandate, hopCount: Object(2) }),
  'a link with more': (mandate) => ({ ...mandate, delegationChain: [{ applicationId: 'app-5', more: 1 }] }),
  'a link that is text': (mandate) => ({ ...mandate, delegationChain: ['app-5'] }),
  ...Object.fromEntries(
    ['sub', 'sid', 'rootSid', 'zoneId', 'use', 'scope', 'scopes', 'targetResources', 'delegationPath'].map(
      (name) => [`no ${name}`, without(name)],
    ),
  ),
  ...Object.fromEntries(
    ['delegationChain', 'hopCount', 'issuedAt', 'expiresAt'].map((name) => [`no ${name}`, without(name)]),
  ),
}

it.each(Object.entries(CHANGES))('anything else rejects: %s', async (_, change) => {
  const revocations = recordingStore()
  const changed = change(JSON.parse(JSON.stringify(await mandateOf())))
  const recheck: (given: never) => Promise<unknown> = createMandateVerifier({
    ...issuer.options,
    revocations,
  }).recheck
  const error: unknown = await recheck(changed as never).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TypeError)
  expect(String(error)).toMatch(/^TypeError: recheck takes a mandate/)
  expect(String(error)).not.toMatch(/secret|user-1|resource:/)
  expect(revocations.queries).toEqual([])
})
