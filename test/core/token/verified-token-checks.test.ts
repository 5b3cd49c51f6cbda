// A cached signature replaces no other check: those are made on every request, by every guard.

import { type CaracalOptions, type Mandate, mandateOf, withCaracal } from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { base64url, decodeJwt } from 'jose'
import { describe, expect, it } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { recordingStore } from '../support/recording-store.ts'
import { currentKey, requestWith, scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

holdClock()

describe('a cached token', () => {
  /** A guard that has admitted the token before. */
  async function remembered(departures = {}, options: Partial<CaracalOptions> = {}) {
    const sts = scriptedIssuer()
    const guard = sts.guard(options)
    const token = await sts.mint(departures)
    expect(await verdict(guard, token)).toBe('admit')
    return { sts, guard, token }
  }

  it('is refused from the second in which it expires', async () => {
    const { guard, token } = await remembered({ lifetimeSeconds: 2 })
    later(1_999)
    expect(await verdict(guard, token)).toBe('admit')
    later(1)
    expect(await verdict(guard, token)).toBe('expired')
  })

  it('is refused from the next fetch on if its key was removed', async () => {
    const { sts, guard, token } = await remembered()
    await sts.rotate({ retirePrevious: true })
    later(300_000)
    expect(await verdict(guard, token)).toBe('unknown_key')
  })

  it('is an outage if the keys are not fresh and cannot be fetched', async () => {
    const { sts, guard, token } = await remembered()
    sts.fail()
    later(600_000)
    expect(await verdict(guard, token)).toBe('keys_unavailable')
  })

  it('must meet the requirements of each route', async () => {
    const { guard, token } = await remembered(
      {},
      {
        routes: {
          '/scope': { requiredScopes: ['pay'] },
          '/audience': { audience: 'resource://other' },
          '/zone': { expectedZoneId: 'zone-2' },
          '/use': { requiredUse: 'session' },
          '/life': { maxLifetimeSeconds: 60 },
        },
      },
    )
    const reasons = ['/', '/scope', '/audience', '/zone', '/use', '/life'].map(async (path) => {
      const decision = await guard.authorize(requestWith(token, path))
      return decision.outcome === 'deny' ? decision.reason : decision.outcome
    })
    const refused = ['insufficient_scope', 'wrong_audience', 'invalid_zone', 'wrong_use', 'lives_too_long']
    expect(await Promise.all(reasons)).toEqual(['admit', ...refused])
  })

  it('must meet requirements that come with the call', async () => {
    const { guard, token } = await remembered()
    const asked = { requiredScopes: ['pay'] }
    expect(await guard.authorizeToken(token, asked)).toMatchObject({ code: 'insufficient_scope' })
    expect(await verdict(guard.require(asked), token)).toBe('insufficient_scope')
  })

  it('is looked up in the store every time, and refused once revoked', async () => {
    const revocations = recordingStore(() => ({
      revoked: revocations.queries.length > 3,
      delegationEpoch: 0,
    }))
    const { guard, token } = await remembered({}, { revocations })
    expect(await verdict(guard, token)).toBe('admit')
    expect(await verdict(guard, token)).toBe('admit')
    expect(await verdict(guard, token)).toBe('session_revoked')
    expect(revocations.queries).toHaveLength(4)
  })

  it('does not admit another payload with its signature', async () => {
    const { guard, token } = await remembered()
    const [header, , signature] = token.split('.')
    const swapped = base64url.encode(JSON.stringify({ ...decodeJwt(token), scope: 'pay' }))
    expect(await verdict(guard, [header, swapped, signature].join('.'))).toBe('bad_signature')
    expect(await verdict(guard, token)).toBe('admit')
  })

  it('does not admit another header with its payload', async () => {
    const { sts, guard, token } = await remembered()
    const header = { alg: 'ES256', kid: (await currentKey(sts)).kid }
    const [, payload, signature] = token.split('.')
    const swapped = [base64url.encode(JSON.stringify(header)), payload, signature].join('.')
    expect(await verdict(guard, swapped)).toBe('bad_signature')
  })
})

describe('what one guard has cached does not count for', () => {
  it.each<[string, Partial<CaracalOptions>, string]>([
    ['another issuer', { issuer: 'https://other.test' }, 'wrong_issuer'],
    ['another zone', { expectedZoneId: 'zone-2' }, 'invalid_zone'],
    ['another audience', { audience: 'resource://other' }, 'wrong_audience'],
  ])('a guard for %s that has the same keys', async (_, departure, reason) => {
    const sts = scriptedIssuer()
    const token = await sts.mint()
    expect(await verdict(sts.guard(), token)).toBe('admit')
    expect(await verdict(sts.guard(departure), token)).toBe(reason)
    expect(await verdict(sts.guard(), token)).toBe('admit')
  })

  it('a guard of the same issuer and zone that has other keys', async () => {
    const [sts, other] = [scriptedIssuer(), scriptedIssuer()]
    const token = await sts.mint()
    other.serve([{ ...(await currentKey(other)), kid: (await currentKey(sts)).kid }])
    expect(await verdict(sts.guard(), token)).toBe('admit')
    expect(await verdict(other.guard(), token)).toBe('bad_signature')
  })

  it('a route that trusts another issuer with the same zone', async () => {
    const sts = scriptedIssuer()
    const other = createTestIssuer({ issuer: 'https://other.test' })
    const kid = (await currentKey(sts)).kid
    sts.answer(async (url) =>
      Response.json(
        url.startsWith(other.issuer) ? { keys: [{ ...(await currentKey(other)), kid }] } : await sts.jwks(),
      ),
    )
    const guard = sts.guard({ routes: { '/other': { issuer: other.issuer } } })
    const token = await sts.mint()
    expect(await verdict(guard, token)).toBe('admit')
    expect(await guard.authorize(requestWith(token, '/other'))).toMatchObject({ reason: 'bad_signature' })
  })
})

describe('a mandate', () => {
  it.each<[string, MandateDepartures]>([
    ['of a long delegation', { hops: 3 }],
    ['without an agent', { agent: false, scopes: [], claims: { target: undefined } }],
    ['for one audience', { claims: { aud: 'resource://api' } }],
  ])('%s is deeply frozen, and so is its context', async (_, departures) => {
    const sts = scriptedIssuer()
    const mutable: string[] = []
    const guarded = withCaracal((request, context) => {
      collectMutable(context, 'context', mutable)
      collectMutable(mandateOf(request), 'mandateOf(request)', mutable)
      return new Response()
    }, sts.options)
    const token = await sts.mint(departures)
    for (let count = 0; count < 2; count++) expect((await guarded(requestWith(token))).status).toBe(200)
    expect(mutable).toEqual([])
  })

  function collectMutable(value: unknown, path: string, found: string[]): void {
    if (typeof value !== 'object' || value === null) return
    if (!Object.isFrozen(value)) found.push(path)
    for (const [name, member] of Object.entries(value)) collectMutable(member, `${path}.${name}`, found)
  }

  it.each<[string, (mandate: Mandate) => unknown]>([
    ['sets a scope', (mandate) => Object.assign(mandate, { scope: 'pay', scopes: ['pay'] })],
    ['adds a scope', ({ scopes }) => (scopes as string[]).push('pay')],
    ['adds a target', ({ targetResources }) => (targetResources as string[]).push('resource://pay')],
    [
      'adds to the chain',
      ({ delegationChain }) => (delegationChain as object[]).push({ applicationId: 'x' }),
    ],
    [
      'renames an application',
      ({ delegationChain: [link] }) => Object.assign(link ?? {}, { applicationId: 'x' }),
    ],
    ['prolongs it', (mandate) => Object.assign(mandate, { expiresAt: Number.MAX_SAFE_INTEGER })],
  ])('that a handler tries to change (%s) is the same for the next request', async (_, change) => {
    const sts = scriptedIssuer()
    const seen: string[] = []
    const guarded = withCaracal((_request, { caracal }) => {
      seen.push(JSON.stringify(caracal))
      expect(() => change(caracal)).toThrow(TypeError)
      return new Response()
    }, sts.options)
    const token = await sts.mint()
    await guarded(requestWith(token))
    await guarded(requestWith(token))
    expect(seen).toHaveLength(2)
    expect(seen[0]).toBe(seen[1])
  })
})
