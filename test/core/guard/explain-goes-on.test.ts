// How far `explain` goes past a failure, what it disturbs, which rules and readings it names, and what it refuses.

import {
  CaracalConfigError,
  type CaracalOptions,
  type Check,
  type CheckName,
  createMandateVerifier,
  type ExplainedRule,
  type Explanation,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { recordingStore } from '../support/recording-store.ts'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
afterEach(() => void vi.restoreAllMocks())

const verifierWith = (options: Partial<CaracalOptions> = {}) =>
  createMandateVerifier({ ...issuer.options, ...options })

const namesOf = ({ checks }: Explanation, outcome: Check['outcome']) =>
  checks.filter((check) => check.outcome === outcome).map(({ name }) => name)

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

  it.each([
    ['signature', 0],
    ['issuer', 1],
    ['revocation', 3],
    ['expiry', 4],
  ] as const)('an unexpected error fails the check at which it happened: %s', async (name, stepsBefore) => {
    vi.spyOn(console, 'error').mockReturnValue()
    const verifier = verifierWith({ revocations: recordingStore() })
    const fresh = await issuer.mint()
    await verifier.authorizeToken(fresh)
    // Each step asks for the time once, and nothing else does for a signature that is remembered.
    const time = Date.now()
    const now = vi.spyOn(Date, 'now')
    for (let steps = 0; steps < stepsBefore; steps++) now.mockReturnValueOnce(time)
    now.mockImplementationOnce(() => {
      throw new Error('hunter2')
    })
    const { decision, checks } = await verifier.explain(fresh)
    const failed = { name, reason: 'server_error', found: 'an unexpected error: see the log' }
    expect(checks.filter(({ outcome }) => outcome === 'failed')).toMatchObject([failed])
    expect(decision).toMatchObject({ reason: 'server_error' })
  })
})

describe('paths', () => {
  const guarded = verifierWith({
    requiredScopes: ['read'],
    routes: {
      'POST /payouts': { requiredScopes: ['read', 'payout'] },
      '/admin': { requiredScopes: ['read'] },
    },
    exclude: ['/health'],
  })
  const POST = { method: 'POST' }
  const ofGuard = (...readings: readonly string[]): ExplainedRule => ({ from: 'guard', readings })
  const ofRoute = (key: string, ...readings: readonly string[]): ExplainedRule => ({
    from: 'route',
    key,
    readings,
  })

  it.each([
    ['the guard', bearer(token, '/x'), "the guard's own rule (/x)", [ofGuard('/x')]],
    ['another method', bearer(token, '/payouts'), "the guard's own rule (/payouts)", [ofGuard('/payouts')]],
    [
      'a route',
      bearer(token, '/payouts/1', POST),
      'the route "POST /payouts" (/payouts/1)',
      [ofRoute('POST /payouts', '/payouts/1')],
    ],
    [
      'another spelling',
      bearer(token, '/Admin'),
      "the guard's own rule (/Admin) and the route /admin (/ADMIN)",
      [ofGuard('/Admin'), ofRoute('/admin', '/ADMIN')],
    ],
    [
      'several readings',
      rawRequest('/health%2f..%2fadmin', token),
      "the guard's own rule (/health%2f..%2fadmin) and the route /admin (/admin); excluded by itself: /health/../admin",
      [ofGuard('/health%2f..%2fadmin'), ofRoute('/admin', '/admin')],
    ],
    [
      'an uncertain path',
      rawRequest(`/${'%2541'.repeat(2_000)}`, token),
      'a path that routers can read in too many ways: every rule applies',
      [ofGuard(), ofRoute('POST /payouts'), ofRoute('/admin')],
    ],
  ] as const)('%s', async (_, request, found, rules) => {
    const { checks } = await guarded.explain(request)
    expect(checks[0]).toMatchObject({ name: 'path', outcome: 'passed', found })
    const named = checks.filter(({ name }) => name === 'requiredScopes').map(({ rule }) => rule)
    expect(named).toEqual(rules)
    expect(checks.filter(({ name }) => name === 'issuer').map(({ rule }) => rule)).toEqual(rules)
  })

  it('the signer of several rules is named once', async () => {
    const { checks } = await guarded.explain(bearer(token, '/Admin'))
    expect(checks[2]).toMatchObject({ wanted: 'the signature of https://sts.test for zone zone-1' })
  })

  it('an excluded path asks nothing', async () => {
    const explanation = await guarded.explain(anonymous('/health/x'))
    expect(explanation.decision).toEqual({ outcome: 'skip' })
    expect(explanation.checks[0]).toMatchObject({ found: 'excluded (/health/x): nothing is verified' })
    expect(namesOf(explanation, 'not-asked')).toEqual(['credential', 'signature', 'revocation', 'expiry'])
    expect(explanation.checks).toHaveLength(5)
  })

  it('an excluded path must meet requirements that are given', async () => {
    for (const explaining of [
      guarded.explain(bearer(token, '/health'), { requiredScopes: ['read'] }),
      guarded.require({ requiredScopes: ['read'] }).explain(bearer(token, '/health')),
    ]) {
      const explanation = await explaining
      expect(explanation.decision.outcome).toBe('admit')
      expect(explanation.checks[0]).toMatchObject({
        found: "the guard's own rule; excluded by itself: /health",
      })
    }
  })

  it('of many readings, the text tells some', async () => {
    const { checks } = await guarded.explain(rawRequest('/x;a//%62/%63', token))
    const [path] = checks
    const rule = checks.find(({ name }) => name === 'issuer')?.rule
    expect(path).toMatchObject({
      found: expect.stringMatching(/^the guard's own rule \(("?\/[^ ]*"?,? ){4}and \d+ more\)$/),
    })
    expect(rule?.from === 'guard' && rule.readings.length).toBeGreaterThan(5)
  })

  it('a token has no path', async () => {
    const { checks } = await guarded.explain(token)
    expect(checks[0]).toMatchObject({
      name: 'path',
      outcome: 'not-asked',
      wanted: 'nothing: a token has no path',
    })
    expect(checks.find(({ name }) => name === 'issuer')?.rule).toEqual({ from: 'guard', readings: [] })
  })

  it('requirements that are given are named as such, and only those', async () => {
    const { checks } = await guarded.explain(token, { requiredScopes: [], maxHopCount: 0 })
    const given = checks.filter(({ rule }) => rule?.from === 'requirements')
    expect(given.map(({ name, outcome, wanted }) => [name, outcome, wanted])).toEqual([
      ['requiredScopes', 'not-asked', 'nothing'],
      ['maxHopCount', 'failed', 'no hop'],
    ])
  })

  it('the credential is wanted where the options say', async () => {
    const { checks } = await verifierWith({ credentialHeader: 'X-Mandate' }).explain(bearer(token))
    expect(checks[1]).toMatchObject({
      ...{ name: 'credential', outcome: 'failed', reason: 'missing_token', found: 'none' },
      wanted: 'a token: in a request, in the header X-Mandate, without a scheme',
    })
  })
})

describe('arguments', () => {
  it.each([[undefined], [null], [{ requiredScope: [] }]])('requirements cannot be %j', async (given) => {
    const verifier = verifierWith()
    for (const input of [token, bearer(token)]) {
      const explaining: Promise<unknown> = Reflect.apply(verifier.explain, verifier, [input, given])
      await expect(explaining).rejects.toThrow(CaracalConfigError)
    }
  })

  it.each([[42], [null], [undefined], [{}]])('%j is refused as authorize refuses it', async (given) => {
    vi.spyOn(console, 'error').mockReturnValue()
    for (const options of [{}, { exclude: ['/open'] }]) {
      const verifier = verifierWith(options)
      const explanation: Explanation = await Reflect.apply(verifier.explain, verifier, [given])
      expect(explanation.decision).toEqual(await Reflect.apply(verifier.authorize, verifier, [given]))
      const failed = explanation.checks.filter(({ outcome }) => outcome === 'failed')
      expect(failed).toMatchObject([{ reason: 'server_error', found: 'an unexpected error: see the log' }])
    }
  })
})

it('is deeply frozen', async () => {
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' ||
    value === null ||
    (Object.isFrozen(value) && Object.values(value).every(frozen))
  for (const input of [token, 'hunter2']) {
    const explanation = await verifierWith().explain(input)
    expect(Object.isFrozen(explanation)).toBe(true)
    expect(frozen(explanation.checks)).toBe(true)
  }
})

it('shows what others wrote in quotes, so that it controls no terminal and reads as no text of ours', async () => {
  const scopes = ['\u001b[2J', '\u202eread', 'read,\u009bwrite', '"; missing:']
  const { checks } = await verifierWith({ requiredScopes: ['x'] }).explain(await issuer.mint({ scopes }))
  expect(checks.find(({ name }) => name === 'requiredScopes')).toMatchObject({
    found: String.raw`"\u001b[2J", "\u{202e}read", "read,\u{9b}write", "\";", missing:; missing: x`,
  })
})
