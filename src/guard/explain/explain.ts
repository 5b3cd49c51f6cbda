// Explains a decision: the guard decides as ever, and every check says what it found. Later checks go on past a failure.

import type { Admission, Denial, DenialReason, Skip } from '../../decision/decision.ts'
import { deny } from '../../decision/denials.ts'
import { explanationOf } from '../../decision/explanations.ts'
import { quoted } from '../../lib/quoted.ts'
import { refusedClaimIn } from '../../token/refused-claim.ts'
import type { Guard } from '../guard.ts'
import { type AttemptStep, STEPS, type Step } from '../steps.ts'
import { CheckList, type Judged } from './check-list.ts'
import { explainClaims } from './claim-checks.ts'
import type { Explaining } from './explaining.ts'
import type { Explanation } from './explanation.ts'
import { pathFound, rulesExplained } from './path-check.ts'
import { explainRequirements } from './requirement-checks.ts'
import { shownList } from './shown.ts'
import { type Ended, TraceRecord } from './trace-record.ts'

/**
 * As `MandateVerifier.explain` says.
 * @param skip the decision on an excluded path; `undefined` if that must meet the guard's own rule
 */
export async function explain<Skipped extends Skip = never>(
  guard: Guard,
  input: Request | string,
  skip?: Skipped,
): Promise<Explanation<Admission | Denial | Skipped>> {
  const record = new TraceRecord()
  const decision = await guard.decideTraced(input, skip, record)
  const checks = new CheckList()
  const explaining: Explaining = { record, checks, ruleOf: rulesExplained(record) }
  const reason = decision.outcome === 'deny' ? decision.reason : undefined
  explainPath(explaining, typeof input === 'string')
  explainCredential(explaining, reason)
  // After an unexpected error, nothing is tried again.
  const mayGoOn = reason !== 'server_error'
  for (const step of STEPS) await EXPLAINED[step.name](explaining, step, mayGoOn)
  return Object.freeze({ decision, checks: checks.frozen() })
}

function explainPath({ record, checks }: Explaining, isToken: boolean): void {
  const asked = { step: 'path', name: 'path', rule: undefined, wanted: 'a web-standard Request' } as const
  const { pathMs } = record
  if (isToken) checks.unasked({ ...asked, wanted: 'nothing: a token has no path' })
  else if (pathMs === undefined) checks.unreached(asked)
  else checks.reached(asked, { found: pathFound(record), reason: undefined, durationMs: pathMs })
}

function explainCredential({ record, checks }: Explaining, reason: DenialReason | undefined): void {
  const header = record.compiled?.credentialHeader
  const wanted =
    header === undefined
      ? 'a token: in a request, "Authorization: Bearer <token>"'
      : `a token: in a request, in the header ${quoted(header)}, without a scheme`
  const asked = { step: 'credential', name: 'credential', rule: undefined, wanted } as const
  const { isSkipped, attempt, credentialMs: durationMs } = record
  if (isSkipped) checks.unasked(asked)
  else if (attempt !== undefined) checks.reached(asked, { found: 'a token', reason: undefined, durationMs })
  else if (reason === 'missing_token') checks.reached(asked, { found: 'none', reason, durationMs: 0 })
  else checks.unreached(asked)
}

type ExplainStep = (explaining: Explaining, step: Step, mayGoOn: boolean) => void | Promise<void>

const EXPLAINED: { readonly [Name in AttemptStep]: ExplainStep } = {
  signature: whole('signature', signatureWanted, 'a good signature'),
  claims: explainClaims,
  requirements: explainRequirements,
  revocation: whole(
    'revocation',
    () => 'a session, agent and delegation that are not revoked, and no newer delegation epoch',
    'neither revoked nor outdated',
  ),
  expiry: whole('expiry', () => 'a mandate that is still valid after the store has answered', 'still valid'),
}

/** A step that is one check, the same for all rules. */
function whole(
  name: Exclude<AttemptStep, 'claims' | 'requirements'>,
  wanted: (record: TraceRecord) => string,
  good: string,
): ExplainStep {
  return async ({ record, checks }, step, mayGoOn) => {
    const asked = { step: name, name, wanted: wanted(record), rule: undefined }
    const ended = record.ended.get(name) ?? (mayGoOn ? await goOn(record, step) : undefined)
    if (record.isSkipped) checks.unasked(asked)
    else if (ended === undefined) checks.unreached(asked)
    else checks.reached(asked, judged(ended, good, record))
  }
}

/**
 * Takes a step that the guard did not get to, if all claims are valid. Then only requirements were not met, and it is
 * true what the store says. Nothing is asked about a token of others, or one that has expired: its mark may be forgotten.
 */
async function goOn({ attempt }: TraceRecord, step: Step): Promise<Ended | undefined> {
  if (attempt?.mandate === undefined) return undefined
  const started = performance.now()
  const nowMs = Date.now()
  const finding = await step.run(attempt, nowMs)
  return { finding, nowMs, durationMs: performance.now() - started }
}

function judged({ finding, durationMs }: Ended, good: string, { attempt }: TraceRecord): Judged {
  if (finding === undefined) return { found: good, reason: undefined, durationMs }
  const { reason, outage } = finding
  const found =
    reason === 'invalid_claims' && attempt !== undefined
      ? refusedClaimIn(attempt.token)
      : explanationOf(deny(reason), outage)
  return { found, reason, durationMs }
}

function signatureWanted({ rules = [] }: TraceRecord): string {
  const signers = rules.map(
    ({ issuer, expectedZoneId }) => `${quoted(issuer)} for zone ${shownList(expectedZoneId, ' or ')}`,
  )
  return `the signature of ${signers.length === 0 ? 'the STS' : [...new Set(signers)].join(' and ')}`
}
