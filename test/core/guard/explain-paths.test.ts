// Which rules and readings of the path `explain` names.

import { createMandateVerifier, type ExplainedRule } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { expect, it } from 'vitest'
import { namesOf } from '../support/explanations.ts'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()

const guarded = createMandateVerifier({
  ...issuer.options,
  requiredScopes: ['read'],
  routes: {
    'POST /payouts': { requiredScopes: ['read', 'payout'] },
    '/admin': { requiredScopes: ['read'] },
  },
  exclude: ['/health'],
})
const POST = { method: 'POST' }
const ofGuard = (...readings: readonly string[]): ExplainedRule => ({ from: 'guard', readings })
const ofRoute = (route: string, ...readings: readonly string[]): ExplainedRule => ({
  from: 'route',
  route,
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
