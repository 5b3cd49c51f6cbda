// What `explain` says of a mandate that meets everything: every check, what it found and what it wanted.

import { createTestIssuer } from 'caracal-edge/testing'
import { expect, it } from 'vitest'
import { ALL, checksOf, explainedBy, namesOf, ORDER } from '../support/explanations.ts'
import { holdClock } from '../support/held-clock.ts'

holdClock()
const explained = explainedBy(createTestIssuer())

/** The held clock says 2027-01-15T08:00:00.000Z. */
const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString()

it('passes every check of a mandate that meets everything, in the order of the guard', async () => {
  const explanation = await explained(ALL)
  expect(explanation.decision.outcome).toBe('admit')
  expect(explanation.checks.map(({ name }) => name)).toEqual(ORDER)
  expect(namesOf(explanation, 'passed')).toEqual(ORDER)
  for (const { durationMs } of checksOf(explanation, 'passed')) expect(durationMs).toBeGreaterThanOrEqual(0)
})

it('says what it found, and what it wanted', async () => {
  const { checks } = await explained(ALL)
  const said = checks.map((check) => [check.name, 'found' in check && check.found, check.wanted])
  expect(said).toEqual([
    ['path', "the guard's own rule", 'a web-standard Request'],
    ['credential', 'a token', 'a token: in a request, "Authorization: Bearer <token>"'],
    ['signature', 'a good signature', 'the signature of https://sts.test for zone zone-1'],
    ['issuer', 'https://sts.test', 'https://sts.test'],
    ['audience', 'resource://api', 'resource://api'],
    ['expiresAt', at(900), `later than ${at(0)}`],
    ['issuedAt', at(0), `${at(60)} or before`],
    ['notBefore', 'none', `none, or ${at(60)} or before`],
    ['lifetime', '900 seconds from iat, 900 from now', 'at most 86400 seconds, from iat and from now'],
    ['zoneId', 'zone-1', 'zone-1'],
    ['use', 'resource', 'resource or session'],
    ['subType', 'user', 'user or application'],
    ['requiredUse', 'resource', 'resource'],
    ['requiredScopes', 'read, write', 'read'],
    ['requiredTargets', 'resource://api', 'resource://api'],
    ['requireAgent', 'an agent session', 'an agent session'],
    ['requireDelegation', 'a delegation', 'a delegation'],
    ['maxHopCount', '1 hop', 'at most 2 hops'],
    ['requireChainContains', 'app-2, app-1', 'app-2'],
    [
      'revocation',
      'neither revoked nor outdated',
      'a session, agent and delegation that are not revoked, and no newer delegation epoch',
    ],
    ['expiry', 'still valid', 'a mandate that is still valid after the store has answered'],
  ])
})

it('asks nothing where the options ask nothing', async () => {
  const explanation = await explained({})
  const unasked = ['requiredScopes', 'requiredTargets', 'requireAgent', 'requireDelegation']
  expect(namesOf(explanation, 'not-asked')).toEqual([...unasked, 'requireChainContains'])
  for (const { wanted } of checksOf(explanation, 'not-asked')) expect(wanted).toBe('nothing')
})
