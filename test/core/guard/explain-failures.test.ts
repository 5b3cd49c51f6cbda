// Which check `explain` says has failed, for every reason of a denial, and which checks a failure hides.

import { type CaracalOptions, type CheckName, createMandateVerifier, type DenialReason } from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { ALL, checksOf, explainedBy, namesOf, ORDER } from '../support/explanations.ts'
import { FAULTS } from '../support/fault-cases.ts'
import { bringAbout } from '../support/faults.ts'
import { holdClock, later } from '../support/held-clock.ts'
import { recordingStore } from '../support/recording-store.ts'
import { inSeconds } from '../support/values.ts'

holdClock()
afterEach(() => void vi.restoreAllMocks())
const issuer = createTestIssuer()
const explained = explainedBy(issuer)

interface Failure {
  readonly mandate?: () => MandateDepartures
  readonly options?: Partial<CaracalOptions>
  /** The only check that fails, why, and what it found. */
  readonly fails: readonly [name: CheckName, reason: DenialReason, found: string]
  /** Of the checks after it. Default: revocation and expiry. */
  readonly hidden?: readonly CheckName[]
}

const AFTER_SIGNATURE = ORDER.slice(ORDER.indexOf('signature') + 1)
const claim = (claims: Readonly<Record<string, unknown>>) => ({ claims })

/** One for each check that a mandate or the store can fail. */
const FAILURES: readonly Failure[] = [
  {
    mandate: () => ({ key: 'forged' }),
    fails: [
      'signature',
      'bad_signature',
      'The zone has a key with the kid of this token, but did not sign the token: it was changed or forged.',
    ],
    hidden: AFTER_SIGNATURE,
  },
  {
    mandate: () => claim({ exp: '1' }),
    fails: ['signature', 'invalid_claims', 'the claim exp is missing or has another form'],
    hidden: AFTER_SIGNATURE,
  },
  {
    mandate: () => claim({ delegation_chain: [{ application_id: 7 }] }),
    fails: ['signature', 'invalid_claims', 'the claim delegation_chain is missing or has another form'],
    hidden: AFTER_SIGNATURE,
  },
  {
    mandate: () => claim({ cnf: {} }),
    fails: [
      'signature',
      'invalid_claims',
      'the claim cnf, which binds the token to a key that is not verified here',
    ],
    hidden: AFTER_SIGNATURE,
  },
  {
    mandate: () => claim({ iss: 'https://other.test' }),
    fails: ['issuer', 'wrong_issuer', 'https://other.test'],
  },
  {
    mandate: () => claim({ aud: ['resource://a', 'resource://b'] }),
    fails: ['audience', 'wrong_audience', 'resource://a, resource://b'],
  },
  { mandate: () => ({ expired: true }), fails: ['expiresAt', 'expired', '2027-01-15T07:59:00.000Z'] },
  {
    mandate: () => claim({ iat: inSeconds(61) }),
    fails: ['issuedAt', 'not_yet_valid', '2027-01-15T08:01:01.000Z'],
  },
  {
    mandate: () => claim({ nbf: Number.MAX_SAFE_INTEGER }),
    fails: ['notBefore', 'not_yet_valid', 'second 9007199254740991'],
  },
  {
    options: { maxLifetimeSeconds: 600 },
    fails: ['lifetime', 'lives_too_long', '900 seconds from iat, 900 from now'],
  },
  { mandate: () => claim({ zone_id: 'zone-2' }), fails: ['zoneId', 'invalid_zone', 'zone-2'] },
  {
    mandate: () => claim({ use: 'session', sub_type: 'robot' }),
    options: { requiredUse: 'session' },
    fails: ['subType', 'invalid_claims', 'robot'],
  },
  { mandate: () => claim({ use: 'session' }), fails: ['requiredUse', 'wrong_use', 'session'], hidden: [] },
  {
    options: { requiredScopes: ['read', 'a', 'b'] },
    fails: ['requiredScopes', 'insufficient_scope', 'read, write; missing: a, b'],
    hidden: [],
  },
  {
    mandate: () => claim({ target: undefined }),
    fails: ['requiredTargets', 'missing_target', 'none; missing: resource://api'],
    hidden: [],
  },
  {
    mandate: () => claim({ agent_session_id: undefined }),
    fails: ['requireAgent', 'agent_required', 'none'],
    hidden: [],
  },
  {
    mandate: () => claim({ delegation_edge_id: undefined }),
    fails: ['requireDelegation', 'delegation_required', 'none'],
    hidden: [],
  },
  { mandate: () => ({ hops: 3 }), fails: ['maxHopCount', 'hop_count_exceeded', '3 hops'], hidden: [] },
  {
    options: { requireChainContains: ['app-2', 'app-9'] },
    fails: ['requireChainContains', 'chain_mismatch', 'app-2, app-1; missing: app-9'],
    hidden: [],
  },
  {
    options: { revocations: recordingStore(() => ({ revoked: true, delegationEpoch: 0 })) },
    fails: ['revocation', 'session_revoked', 'The authority behind the mandate has been revoked.'],
    hidden: [],
  },
  {
    options: { revocations: recordingStore(() => ({ revoked: false, delegationEpoch: 2 })) },
    fails: [
      'revocation',
      'delegation_stale',
      'Delegations in the zone have changed since the mandate was issued.',
    ],
    hidden: [],
  },
]

describe.each(FAILURES)('with $fails.0 not met, because $fails.2', ({ mandate, options, fails, hidden }) => {
  const [name, reason, found] = fails

  it('that check fails and no other', async () => {
    const explanation = await explained({ ...ALL, ...options }, mandate?.())
    expect(checksOf(explanation, 'failed')).toMatchObject([{ name, reason, found }])
    expect(explanation.decision).toMatchObject({ outcome: 'deny', reason })
    expect(namesOf(explanation, 'not-reached')).toEqual(hidden ?? ['revocation', 'expiry'])
    for (const { after } of checksOf(explanation, 'not-reached')) expect(after).toBe(name)
    expect(explanation.checks.map((check) => check.name)).toEqual(ORDER)
  })
})

it('the use of the Gateway fails as a claim, and where it is required', async () => {
  const explanation = await explained(ALL, claim({ use: 'gateway' }))
  expect(checksOf(explanation, 'failed')).toMatchObject([
    { name: 'use', reason: 'wrong_use', found: 'gateway' },
    { name: 'requiredUse', reason: 'wrong_use', found: 'gateway' },
  ])
})

it('a mandate that expires while the store is asked fails the last check', async () => {
  const token = await issuer.mint({ lifetimeSeconds: 1 })
  const revocations = recordingStore(() => {
    later(1_000)
    return { revoked: false, delegationEpoch: 0 }
  })
  const explanation = await createMandateVerifier({ ...issuer.options, revocations }).explain(token)
  expect(checksOf(explanation, 'failed')).toMatchObject([
    { step: 'expiry', name: 'expiry', reason: 'expired', found: 'The mandate has expired.' },
  ])
  expect(explanation.decision).toMatchObject({ reason: 'expired' })
})

/** Where each reason of a denial is found. Does not compile without each of them. */
const CHECK_OF: { readonly [Reason in DenialReason]: CheckName } = {
  server_error: 'path',
  missing_token: 'credential',
  malformed: 'signature',
  invalid_claims: 'signature',
  keys_unavailable: 'signature',
  unknown_key: 'signature',
  bad_signature: 'signature',
  wrong_issuer: 'issuer',
  wrong_audience: 'audience',
  expired: 'expiresAt',
  not_yet_valid: 'notBefore',
  lives_too_long: 'lifetime',
  invalid_zone: 'zoneId',
  wrong_use: 'requiredUse',
  insufficient_scope: 'requiredScopes',
  missing_target: 'requiredTargets',
  agent_required: 'requireAgent',
  delegation_required: 'requireDelegation',
  hop_count_exceeded: 'maxHopCount',
  chain_mismatch: 'requireChainContains',
  revocation_unavailable: 'revocation',
  session_revoked: 'revocation',
  delegation_stale: 'revocation',
}

it.each(FAULTS)('a refusal as $reason is found where it was made, and tells no secret', async (fault) => {
  vi.spyOn(console, 'error').mockReturnValue()
  const { options, request, secrets, forOperator } = await bringAbout(fault)
  const explanation = await createMandateVerifier(options).explain(request)
  const [first] = checksOf(explanation, 'failed')
  expect([first?.name, first?.reason]).toEqual([CHECK_OF[fault.reason as DenialReason], fault.reason])
  expect(explanation.decision).toEqual(await createMandateVerifier(options).authorize(request))
  const told = JSON.stringify(explanation.checks)
  const claims = ['https://other-sts.test', 'resource://other', 'zone-2', 'app-1', 'app-2', 'resource://api']
  const open = [...forOperator, ...claims, 'https://sts-of-this-test.example']
  expect(secrets.filter((secret) => !open.includes(secret) && told.includes(secret))).toEqual([])
})
