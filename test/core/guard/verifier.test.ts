// The engine without HTTP: decisions about requests and tokens, and requirements that can only be added.

import {
  CaracalConfigError,
  type CaracalOptions,
  createMandateVerifier,
  type Decision,
  type Requirements,
} from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const verifier = createMandateVerifier(issuer.options)

async function revoked(): Promise<string> {
  const mandate = await issuer.mint()
  await issuer.revoke(mandate)
  return mandate
}

function verdict(decision: Decision): string {
  return decision.outcome === 'deny' ? decision.reason : decision.outcome
}

describe('authorize', () => {
  it('admits with the mandate', async () => {
    const decision = await verifier.authorize(bearer(await issuer.mint({ claims: { sub: 'user-7' } })))
    expect(decision).toEqual({ outcome: 'admit', mandate: expect.objectContaining({ sub: 'user-7' }) })
  })

  it('awaits what it must, whatever the global Promise was replaced with', async () => {
    vi.stubGlobal('Promise', class extends Promise<unknown> {})
    const decision = await verifier.authorize(bearer(await issuer.mint())).finally(vi.unstubAllGlobals)
    expect(verdict(decision)).toBe('admit')
  })

  it('denies with everything that an answer needs, frozen', async () => {
    const guard = createMandateVerifier({ ...issuer.options, requiredScopes: ['read', 'admin'] })
    const decision = await guard.authorize(bearer(token))
    expect(decision).toStrictEqual({
      outcome: 'deny',
      code: 'insufficient_scope',
      status: 403,
      reason: 'insufficient_scope',
      description: expect.any(String),
      hint: expect.any(String),
      requiredScopes: ['read', 'admin'],
      retryAfterSeconds: undefined,
      fault: undefined,
    })
    expect(Object.isFrozen(decision)).toBe(true)
    expect(Object.isFrozen(decision.outcome === 'deny' && decision.requiredScopes)).toBe(true)
  })

  it('skips an excluded path, and then has no mandate', async () => {
    const guard = createMandateVerifier({ ...issuer.options, exclude: ['/open'] })
    for (const request of [anonymous('/open'), bearer(token, '/open'), bearer('hunter2', '/open/x')]) {
      expect(await guard.authorize(request)).toStrictEqual({ outcome: 'skip' })
    }
  })

  it('denies with a time to retry if keys or store are not available', async () => {
    const noKeys = {
      ...issuer.options,
      keySet: { fetch: () => Promise.reject(new Error()) },
    }
    const noStore = { ...issuer.options, revocations: { lookup: () => Promise.reject(new Error()) } }
    expect(await createMandateVerifier(noKeys).authorize(bearer(token))).toMatchObject({
      ...{ code: 'keys_unavailable', retryAfterSeconds: 1, fault: 'network' },
    })
    expect(await createMandateVerifier(noStore).authorize(bearer(token))).toMatchObject({
      ...{ code: 'revocation_unavailable', retryAfterSeconds: expect.any(Number), fault: 'failed' },
    })
  })
})

describe('authorizeToken', () => {
  it.each([42, {}])('refuses what is not a string, as a fault of the service: %j', async (given) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const another = createMandateVerifier(issuer.options)
    const decision = await Reflect.apply(another.authorizeToken, another, [given])
    expect(decision).toMatchObject({ code: 'server_error', status: 500, requiredScopes: [] })
    expect(log.mock.calls.join()).toContain('unexpected')
    log.mockRestore()
  })

  const options: CaracalOptions = {
    ...issuer.options,
    requiredScopes: ['read'],
    routes: { '/': { requiredScopes: ['admin'] } },
    exclude: ['/open'],
  }

  it("decides by the guard's own rule: a token has no path to which routes or exclude could apply", async () => {
    const guard = createMandateVerifier(options)
    expect(verdict(await guard.authorizeToken(token))).toBe('admit')
    expect(verdict(await guard.authorizeToken(await issuer.mint({ scopes: ['admin'] })))).toBe(
      'insufficient_scope',
    )
  })

  it('reports an empty string as a missing token', async () => {
    expect(verdict(await verifier.authorizeToken(''))).toBe('missing_token')
  })

  it('asks the store, as for a request', async () => {
    const revoked = await issuer.mint()
    await issuer.revoke(revoked)
    expect(verdict(await verifier.authorizeToken(revoked))).toBe('session_revoked')
  })

  it.each(['Bearer ', 'bearer '])('takes only the token, without %j before it', async (scheme) => {
    expect(verdict(await verifier.authorizeToken(`${scheme}${token}`))).toBe('malformed')
  })
})

describe('additional requirements', () => {
  const cases: readonly { requirements: Requirements; departures: MandateDepartures; reason: string }[] = [
    { requirements: { requiredScopes: ['admin'] }, departures: {}, reason: 'insufficient_scope' },
    { requirements: { requiredTargets: ['resource://b'] }, departures: {}, reason: 'missing_target' },
    { requirements: { requiredUse: 'session' }, departures: {}, reason: 'wrong_use' },
    { requirements: { requireAgent: true }, departures: { agent: false }, reason: 'agent_required' },
    { requirements: { requireDelegation: true }, departures: { hops: 0 }, reason: 'delegation_required' },
    { requirements: { requireChainContains: ['app-9'] }, departures: {}, reason: 'chain_mismatch' },
    { requirements: { maxHopCount: 0 }, departures: { hops: 1 }, reason: 'hop_count_exceeded' },
  ]

  it.each(cases)(
    'are checked, however they are given: $reason',
    async ({ requirements, departures, reason }) => {
      const mandate = await issuer.mint(departures)
      expect(verdict(await verifier.authorizeToken(mandate))).toBe('admit')
      const decisions = [
        verifier.authorize(bearer(mandate), requirements),
        verifier.authorizeToken(mandate, requirements),
        verifier.require(requirements).authorize(bearer(mandate)),
        verifier.require(requirements).authorizeToken(mandate),
        verifier.require(requirements).require({}).authorizeToken(mandate),
        verifier.require({}).authorizeToken(mandate, requirements),
      ]
      expect((await Promise.all(decisions)).map(verdict)).toEqual(new Array(6).fill(reason))
    },
  )

  it.each([
    {},
    { requiredScopes: [] },
    { requireAgent: false, requireDelegation: false },
    { maxHopCount: 1 },
  ])('change nothing with %j', async (requirements) => {
    expect(verdict(await verifier.require(requirements).authorizeToken(token))).toBe('admit')
  })

  it.each(cases)('never remove a requirement: $reason', async ({ requirements, departures, reason }) => {
    const strict = createMandateVerifier({ ...issuer.options, ...requirements })
    const lax: Requirements = {
      ...{ requiredScopes: [], requiredTargets: [], requireAgent: false, requireDelegation: false },
      ...{ requireChainContains: [], maxHopCount: 100 },
    }
    expect(verdict(await strict.require(lax).authorizeToken(await issuer.mint(departures)))).toBe(reason)
  })

  it('accumulate: all of several are checked', async () => {
    const guard = verifier
      .require({ requiredScopes: ['a'] })
      .require({ requiredScopes: ['b'], requireAgent: true })
    expect(verdict(await guard.authorizeToken(await issuer.mint({ scopes: ['a', 'b'] })))).toBe('admit')
    expect(verdict(await guard.authorizeToken(await issuer.mint({ scopes: ['b'] })))).toBe(
      'insufficient_scope',
    )
    expect(verdict(await guard.authorizeToken(await issuer.mint({ scopes: ['a'] })))).toBe(
      'insufficient_scope',
    )
    const user = await issuer.mint({ scopes: ['a', 'b'], agent: false })
    expect(verdict(await guard.authorizeToken(user))).toBe('agent_required')
  })

  it('do not change the verifier that they were added to', async () => {
    verifier.require({ requiredScopes: ['admin'] })
    await verifier.authorizeToken(token, { requiredScopes: ['admin'] })
    expect(verdict(await verifier.authorizeToken(token))).toBe('admit')
  })

  it('are copied: later changes to a list have no effect', async () => {
    const requiredScopes = ['admin']
    const guard = verifier.require({ requiredScopes })
    requiredScopes.length = 0
    expect(verdict(await guard.authorizeToken(token))).toBe('insufficient_scope')
  })

  it('are checked in addition to those of the path, before the store is asked', async () => {
    const lookup = vi.fn(() => ({ revoked: false, delegationEpoch: 0 }))
    const routes = { '/admin': { requiredScopes: ['admin'] } }
    const guard = createMandateVerifier({ ...issuer.options, revocations: { lookup }, routes })
    const audited = guard.require({ requiredScopes: ['audit'] })
    for (const scopes of [['admin'], ['audit']]) {
      const decision = await audited.authorize(bearer(await issuer.mint({ scopes }), '/admin'))
      expect(decision).toMatchObject({ code: 'insufficient_scope', requiredScopes: ['admin', 'audit'] })
    }
    expect(lookup).not.toHaveBeenCalled()
    const both = await issuer.mint({ scopes: ['admin', 'audit'] })
    expect(verdict(await audited.authorize(bearer(both, '/admin')))).toBe('admit')
  })

  describe.each([{}, { requiredScopes: [] }, { requiredScopes: ['read'] }])(
    'are never skipped on an excluded path, even %j:',
    (requirements) => {
      const guard = createMandateVerifier({
        ...issuer.options,
        requiredTargets: ['resource://api'],
        routes: { '/': { requiredTargets: ['resource://unmet'] } },
        exclude: ['/open'],
      })
      const ways: readonly ((request: Request) => Promise<Decision>)[] = [
        (request) => guard.authorize(request, requirements),
        (request) => guard.require(requirements).authorize(request),
        (request) => guard.require({}).authorize(request, requirements),
        (request) => guard.require({}).require(requirements).authorize(request),
      ]

      it.each([
        { who: 'nobody', ask: () => anonymous('/open'), reason: 'missing_token' },
        { who: 'a good mandate', ask: () => bearer(token, '/open'), reason: 'admit' },
        {
          who: 'a revoked one',
          ask: async () => bearer(await revoked(), '/open/x'),
          reason: 'session_revoked',
        },
        {
          who: "one without what the guard's own rule asks",
          ask: async () => bearer(await issuer.mint({ claims: { target: [] } }), '/open'),
          reason: 'missing_target',
        },
      ])('$who → $reason', async ({ ask, reason }) => {
        for (const way of ways) expect(verdict(await way(await ask()))).toBe(reason)
      })
    },
  )

  it.each<{ requirements: unknown; says: readonly string[] }>([
    { requirements: undefined, says: ['requirements must be an object, not undefined'] },
    { requirements: null, says: ['requirements must be an object, not null'] },
    { requirements: 'hunter2', says: ['requirements must be an object, not a string'] },
    { requirements: { requiredScopes: 'hunter2' }, says: ['requirements.requiredScopes', 'a list'] },
    { requirements: { requiredScopes: undefined }, says: ['requirements.requiredScopes is undefined'] },
    { requirements: { maxHopCount: -1 }, says: ['requirements.maxHopCount'] },
    {
      requirements: { required_scopes: [] },
      says: ['Unknown option "required_scopes" in requirements', 'requiredScopes'],
    },
    { requirements: { audience: 'hunter2' }, says: ['Unknown option "audience" in requirements'] },
    { requirements: { requireAgent: 'hunter2', requiredUse: 1 }, says: ['requireAgent', 'requiredUse'] },
  ])('that are invalid are a configuration error: $requirements', async ({ requirements, says }) => {
    const unsound = requirements as Requirements
    const errors: unknown[] = []
    try {
      verifier.require(unsound)
    } catch (error) {
      errors.push(error)
    }
    for (const rejected of [
      verifier.authorize(bearer(token), unsound),
      verifier.authorizeToken(token, unsound),
    ]) {
      errors.push(await rejected.catch((error: unknown) => error))
    }
    expect(errors).toHaveLength(3)
    for (const error of errors) {
      expect(error).toBeInstanceOf(CaracalConfigError)
      for (const part of says) expect(String(error)).toContain(part)
      expect(String(error)).not.toContain('hunter2')
    }
  })
})
