// Explanations for tests: made of a minted mandate, and read by outcome.

import {
  type CaracalOptions,
  type CheckName,
  createMandateVerifier,
  type ExplainedCheck,
  type Explanation,
} from 'caracal-edge'
import type { MandateDepartures, TestIssuer } from 'caracal-edge/testing'
import { bearer } from './requests.ts'

export function checksOf<Outcome extends ExplainedCheck['outcome']>(
  { checks }: Explanation,
  outcome: Outcome,
) {
  return checks.filter(
    (check): check is Extract<ExplainedCheck, { outcome: Outcome }> => check.outcome === outcome,
  )
}

export function namesOf(explanation: Explanation, outcome: ExplainedCheck['outcome']): readonly CheckName[] {
  return checksOf(explanation, outcome).map(({ name }) => name)
}

/** Of a guard with one rule. */
export const ORDER: readonly CheckName[] = [
  ...(['path', 'credential', 'signature'] as const),
  ...(['issuer', 'audience', 'expiresAt', 'issuedAt', 'notBefore', 'lifetime', 'zoneId'] as const),
  ...(['use', 'subType'] as const),
  ...(['requiredUse', 'requiredScopes', 'requiredTargets', 'requireAgent', 'requireDelegation'] as const),
  ...(['maxHopCount', 'requireChainContains', 'revocation', 'expiry'] as const),
]

/** Options that ask something of everything. */
export const ALL = {
  requiredScopes: ['read'],
  requiredTargets: ['resource://api'],
  requireAgent: true,
  requireDelegation: true,
  requireChainContains: ['app-2'],
  maxHopCount: 2,
  routes: {},
} satisfies Partial<CaracalOptions>

export const explainedBy =
  (issuer: TestIssuer) =>
  async (options: Partial<CaracalOptions>, mandate: MandateDepartures = {}): Promise<Explanation> =>
    createMandateVerifier({ ...issuer.options, ...options }).explain(bearer(await issuer.mint(mandate)))
