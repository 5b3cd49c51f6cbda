// Why a request was refused, in a sentence for the operator: for events and for the log, never for an answer.

import { logOnce } from '../lib/log.ts'
import { isThrown, namesOf } from '../lib/thrown.ts'
import type { CallRefusal } from './call-refusal.ts'
import type { DenialReason } from './decision.ts'
import type { Outage } from './denials.ts'
import { KeySetUnavailableError, RevocationUnavailableError } from './errors.ts'
import { customStoreOutage } from './outage-texts.ts'

/** What an answer must not tell. For other reasons, the operator reads what the client reads. */
const EXPLANATIONS: { readonly [Reason in DenialReason | CallRefusal]?: string } = {
  malformed:
    'The token does not have the form of a mandate: is it complete, and the mandate alone, without "Bearer" before it?',
  unknown_key:
    'The zone has no key with the kid of this token: does it come from another zone or STS than the configured one?',
  bad_signature:
    'The zone has a key with the kid of this token, but did not sign the token: it was changed or forged.',
  wrong_issuer: 'The iss of the mandate is not the configured issuer (CARACAL_STS_URL).',
  wrong_audience: 'The aud of the mandate does not contain the configured audience (CARACAL_AUDIENCE).',
  invalid_zone: 'The zone_id of the mandate is not a configured zone (CARACAL_ZONE_ID).',
  server_error: 'The guard failed unexpectedly: see the log.',
}

/** What is explained. */
interface Refused {
  readonly code: string
  readonly reason: DenialReason | CallRefusal
  readonly description: string
}

export function explanationOf({ reason, description }: Refused, outage: Outage | undefined): string {
  if (outage === undefined) return EXPLANATIONS[reason] ?? description
  return outageText(outage.cause)
}

/** @param cause what was thrown: of another kind than ours, it is that of a custom store */
export function outageText(cause: unknown): string {
  return isOurs(cause) ? cause.message : customStoreOutage(cause)
}

/** Logs an outage. The error of a custom store goes along, because only the store knows what it means. */
export function logOutage(denial: Refused, outage: Outage): void {
  const { cause, store, fault } = outage
  const line = `${denial.code}: ${explanationOf(denial, outage)}`
  if (isOurs(cause)) {
    const { host, status } = cause
    logOnce(store, [denial.code, fault, host, status, namesOf(cause)].join(' '), line)
  } else logOnce(store, [denial.code, fault, namesOf(cause)].join(' '), line, cause)
}

function isOurs(cause: unknown): cause is KeySetUnavailableError | RevocationUnavailableError {
  return isThrown(cause, KeySetUnavailableError) || isThrown(cause, RevocationUnavailableError)
}
