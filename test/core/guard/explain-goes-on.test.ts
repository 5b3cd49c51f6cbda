// How far `explain` goes past a failure, and what it disturbs.

import { type CaracalOptions, type CheckName, createMandateVerifier, type Explanation } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { namesOf } from '../support/explanations.ts'
import { recordingStore } from '../support/recording-store.ts'
import { rawRequest } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
afterEach(() => void vi.restoreAllMocks())

const verifierWith = (options: Partial<CaracalOptions> = {}) =>
  createMandateVerifier({ ...issuer.options, ...options })

const outcomesOf = ({ checks }: Explanation, ...names: readonly CheckName[]) =>
  names.map((name) => checks.find((check) => check.name === name)?.outcome)

describe('past a failure', () => {
  it('a scope that is missing does not hide a missing delegation or a revocation', async () => {
    const revocations = recordingStore(() => ({ revoked: true, delegationEpoch: 0 }))
    const options = { requiredScopes: ['admin'], requireDelegation: true, maxHopCount: 0, revocations }
    const explanation = await verifierWith(options).explain(await issuer.mint({ hops: 0 }))
    expect(namesOf(explanation, 'failed')).toEqual(['requiredScopes', 'requireDelegation', 'revocation'])
    expect(namesOf(explanation, 'not-reached')).toEqual([])
    expect(explanation.decision).toMatchObject({ reason: 'insufficient_scope' })
    expect(revocations.queries).toHaveLength(1)
  })

  it.each([
    ['expired', { expired: true }, 'expiresAt'],
    ['for others', { audience: 'resource://other' }, 'audience'],
    ['of another zone', { claims: { zone_id: 'zone-2' } }, 'zoneId'],
    ['of the Gateway', { claims: { use: 'gateway' } }, 'use'],
  ] as const)(
    'a mandate that is %s is checked for scopes, and the store is not asked',
    async (_, mandate, name) => {
      const revocations = recordingStore()
      const verifier = verifierWith({ requiredScopes: ['read', 'admin'], requireAgent: true, revocations })
      const explanation = await verifier.explain(await issuer.mint(mandate))
      expect(outcomesOf(explanation, name, 'requiredScopes', 'requireAgent')).toEqual([
        'failed',
        'failed',
        'passed',
      ])
      expect(outcomesOf(explanation, 'revocation', 'expiry')).toEqual(['not-reached', 'not-reached'])
      expect(revocations.queries).toEqual([])
    },
  )

  it.each(['forged', 'unknown'] as const)(
    'nothing is read of a token with a %s key, nor is the store asked',
    async (key) => {
      const revocations = recordingStore()
      const verifier = verifierWith({ requiredScopes: ['admin'], revocations })
      const scopes = ['scope-of-a-stranger']
      const explanation = await verifier.explain(
        await issuer.mint({ key, scopes, claims: { iss: 'https://evil.test' } }),
      )
      expect(namesOf(explanation, 'failed')).toEqual(['signature'])
      expect(namesOf(explanation, 'passed')).toEqual(['credential'])
      expect(JSON.stringify(explanation)).not.toMatch(/stranger|evil/)
      expect(revocations.queries).toEqual([])
    },
  )

  it('of two issuers that must both have signed, one is not enough', async () => {
    const revocations = recordingStore()
    const routes = { '/a': { issuer: 'https://other.test', expectedZoneId: 'zone-9' } }
    const verifier = verifierWith({ routes, revocations })
    const explanation = await verifier.explain(rawRequest('/x/..%2fa', token))
    expect(namesOf(explanation, 'failed')).toEqual(['signature'])
    expect(namesOf(explanation, 'passed')).toEqual(['path', 'credential'])
    expect(revocations.queries).toEqual([])
  })

  it('what is not reached names the first of several failures', async () => {
    const mandate = await issuer.mint({ expired: true, claims: { iss: 'https://other.test' } })
    const { checks } = await verifierWith().explain(mandate)
    expect(checks.find(({ name }) => name === 'revocation')).toMatchObject({ after: 'issuer' })
  })

  it('the store is asked once, also where the guard would not have asked it', async () => {
    for (const requiredScopes of [['read'], ['admin']]) {
      const revocations = recordingStore()
      await verifierWith({ requiredScopes, revocations }).explain(token)
      expect(revocations.queries).toHaveLength(1)
    }
  })
})

describe('what it disturbs', () => {
  it('is no event, and logs no outage', async () => {
    const log = vi.spyOn(console, 'error')
    const onDecision = vi.fn()
    const revocations = recordingStore(() => Promise.reject(new Error('down')))
    for (const options of [{ onDecision }, { revocations }, { revocations, requiredScopes: ['admin'] }]) {
      await verifierWith(options).explain(token)
      await verifierWith(options).explain('hunter2')
    }
    expect(onDecision).not.toHaveBeenCalled()
    expect(log).not.toHaveBeenCalled()
  })

  it('remembers a good signature, as authorize does, and uses what is remembered', async () => {
    const verify = vi.spyOn(crypto.subtle, 'verify')
    const verifier = verifierWith({ keySet: { jwks: await issuer.jwks() } })
    const fresh = await issuer.mint()
    await verifier.explain(fresh)
    await verifier.explain(fresh)
    await verifier.authorizeToken(fresh)
    expect(verify).toHaveBeenCalledTimes(1)
  })

  // The time is asked for before the first step and after the store has answered, if the signature is remembered.
  it.each([
    ['signature', 0],
    ['expiry', 1],
  ] as const)(
    'an unexpected error fails the check at which it happened: %s',
    async (name, readingsBefore) => {
      vi.spyOn(console, 'error').mockReturnValue()
      const verifier = verifierWith({ revocations: recordingStore() })
      const fresh = await issuer.mint()
      await verifier.authorizeToken(fresh)
      const time = Date.now()
      const now = vi.spyOn(Date, 'now')
      for (let readings = 0; readings < readingsBefore; readings++) now.mockReturnValueOnce(time)
      now.mockImplementationOnce(() => {
        throw new Error('hunter2')
      })
      const { decision, checks } = await verifier.explain(fresh)
      const failed = { name, reason: 'server_error', found: 'an unexpected error: see the log' }
      expect(checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([failed])
      expect(decision).toMatchObject({ reason: 'server_error' })
    },
  )
})
