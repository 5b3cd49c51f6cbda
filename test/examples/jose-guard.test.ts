// Two guards that are not ours, written with nothing but jose: the checks find what the first lacks, and the second passes
// but for what is named here.

import { type ConformanceSettings, conformance } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { guardWithJose } from '../../examples/jose-guard.ts'
import { naiveGuard } from './support/naive-jose-guard.ts'

/** Both know required scopes, and no other option. */
const NOT_OURS = 'the example has no such option'
const UNSUPPORTED = {
  audience: NOT_OURS,
  issuer: NOT_OURS,
  expectedZoneId: NOT_OURS,
  requiredTargets: NOT_OURS,
  requiredUse: NOT_OURS,
  maxLifetimeSeconds: NOT_OURS,
  requireAgent: NOT_OURS,
  requireDelegation: NOT_OURS,
  requireChainContains: NOT_OURS,
  maxHopCount: NOT_OURS,
  routes: NOT_OURS,
  exclude: NOT_OURS,
  keySet: NOT_OURS,
  onDecision: NOT_OURS,
  configuration: 'the example does not check its options',
  environment: 'the example reads no variables',
  upstash: 'the example asks an object',
}

/** What the example leaves open: it does not look at its options, and this one holds an empty scope. */
const REMAINING = ['scope-15', 'scope-15-1']

/** The cases that the first version fails, each in one variant or more. */
const FOUND = [
  ...[
    'claims-06',
    'claims-13',
    'claims-16',
    'claims-17',
    'claims-19',
    'claims-26',
    'claims-31',
    'claims-39',
    'claims-40',
  ],
  ...[
    'delegation-chain-hops-05',
    'delegation-chain-hops-06',
    'delegation-chain-hops-10',
    'delegation-chain-hops-13',
  ],
  ...['delegation-chain-hops-16', 'epoch-03', 'epoch-06', 'headers-04', 'jose-header-19', 'jose-header-21'],
  ...[
    'jwks-faults-02',
    'jwks-faults-05',
    'jwks-faults-23',
    'own-claims-01',
    'own-claims-02',
    'own-claims-04',
  ],
  ...[
    'own-keys-01',
    'own-keys-02',
    'own-payload-01',
    'own-signature-02',
    'own-signature-03',
    'own-signature-06',
  ],
  ...[
    'own-store-01',
    'own-store-09',
    'own-store-10',
    'own-store-11',
    'resource-exhaustion-03',
    'revocation-02',
  ],
  ...['scope-01', 'scope-05', 'scope-09', 'scope-15', 'signature-09', 'signature-10', 'store-faults-02'],
  ...['store-faults-05', 'zone-use-08'],
]

/** The case of a check, which can be one of its variants. */
const caseOf = (id: string) => id.replace(/(-\d+)(-\d+)?(-signed|-warm)*$/, '$1')

/**
 * The ids of the checks that fail, and what they say. A few run at a time: some measure how long an answer takes.
 *
 * @param isAsked which to run
 */
async function failures(
  makeHandler: Parameters<typeof conformance>[0],
  isAsked: (id: string) => boolean = () => true,
): Promise<ReadonlyMap<string, string>> {
  const checks = conformance(makeHandler, { unsupported: UNSUPPORTED })
  const left = checks.filter(({ id, skipped }) => skipped === undefined && isAsked(id))
  const failed = new Map<string, string>()
  const work = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { id, check } = next
      await check().catch((error: unknown) => failed.set(id, String(error)))
    }
  }
  await Promise.all(Array.from({ length: 8 }, work))
  // On a busy machine an answer can be late. Those are asked again, alone.
  for (const { id, check } of checks.filter(({ id }) => failed.get(id)?.includes(' ms, but it took '))) {
    failed.delete(id)
    await check().catch((error: unknown) => failed.set(id, String(error)))
  }
  return failed
}

function optionsIn({
  issuer,
  audience,
  zoneId,
  keySetUrl,
  revocations,
  fetch,
  ...more
}: ConformanceSettings) {
  const { keySetTimeoutMs, storeTimeoutMs, options } = more
  const { requiredScopes } = options
  return {
    ...{ issuer, audience, zoneId, keySetUrl, revocations, fetch, storeTimeoutMs },
    ...(keySetTimeoutMs !== undefined && { keySetTimeoutMs }),
    requiredScopes: Array.isArray(requiredScopes) ? requiredScopes.map(String) : [],
  }
}

describe('a guard with bare jose', () => {
  it('passes, but for what is named', { timeout: 60_000 }, async () => {
    const failed = await failures((settings) => guardWithJose(settings.handler, optionsIn(settings)))
    expect([...failed.keys()].sort()).toEqual(REMAINING)
  })

  it('is asked for most of it, and what it is not asked for has a reason', () => {
    const checks = conformance(() => () => new Response(), { unsupported: UNSUPPORTED })
    expect(checks.filter(({ skipped }) => skipped === undefined).length).toBeGreaterThan(380)
  })
})

describe('its first version', () => {
  it('fails each of these cases', { timeout: 60_000 }, async () => {
    const failed = await failures(
      (settings) => naiveGuard(settings.handler, optionsIn(settings)),
      (id) => FOUND.includes(caseOf(id)),
    )
    expect([...new Set([...failed.keys()].map(caseOf))].sort()).toEqual([...FOUND].sort())
    // What they say names the rule, and quotes no token.
    expect(failed.get('zone-use-08')).toContain('it must be refused (401 invalid_token), but it was admitted')
    expect([...failed.values()].filter((text) => /eyJ/.test(text))).toEqual([])
  })
})
