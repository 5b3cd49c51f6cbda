// Whether keys and stores are at hand, for a health route. Only a verifier asks: a guard without it does not load this.

import type { KeySetFault, RevocationFault } from '../decision/errors.ts'
import { KeySetUnavailableError, RevocationUnavailableError } from '../decision/errors.ts'
import { outageText } from '../decision/explanations.ts'
import { isInterruption, isThrown, kindOf } from '../lib/thrown.ts'
import { ask } from '../revocation/check.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { Compiled } from './compile.ts'
import type { CompiledRule } from './steps.ts'

/** Whether a part can be used now, as a request would use it. */
export type PartReadiness<Fault> =
  | { readonly ok: true }
  | {
      readonly ok: false
      /** What is wrong, as in the events. `undefined` for an unexpected error. */
      readonly fault: Fault | undefined
      /** What was asked, what came and what to check: for the operator, without secrets. */
      readonly explanation: string
    }

/** What `check()` of a verifier gives. Frozen. */
export interface Readiness {
  /** Whether both are. */
  readonly ok: boolean
  /** The key sets of all zones and routes. If several cannot be used, the first of them. */
  readonly keys: PartReadiness<KeySetFault>
  /** The revocation stores of all routes. If several cannot be used, the first of them. */
  readonly store: PartReadiness<RevocationFault>
}

/** Rejects only if Next.js ends a prerender. */
export async function readiness({ everyRule, storeTimeoutMs }: Compiled): Promise<Readiness> {
  const [keys, store] = await Promise.all([
    partOf(
      Array.from(new Set(everyRule.map((rule) => rule.signatures)), (signatures) => signatures.load()),
      (error) => (isThrown(error, KeySetUnavailableError) ? error.fault : undefined),
    ),
    partOf(
      Array.from(storesOf(everyRule), ([lookupIn, zoneId]) => asked(lookupIn, zoneId, storeTimeoutMs)),
      (error) => (isThrown(error, RevocationUnavailableError) ? error.fault : 'failed'),
    ),
  ])
  return Object.freeze({ ok: keys.ok && store.ok, keys, store })
}

/** Each store once, and a zone whose epoch it can be asked for. */
function storesOf(rules: readonly CompiledRule[]): ReadonlyMap<RevocationStore, string> {
  return new Map(rules.map(({ revocations, expectedZoneId: [zoneId] }) => [revocations, zoneId]))
}

/** Cannot be the id of an anchor: the platform's are UUIDs. */
const NO_ANCHOR = 'caracal-edge:readiness-check'

async function asked(store: RevocationStore, zoneId: string, timeoutMs: number): Promise<void> {
  const { revoked } = await ask(store, { anchors: [NO_ANCHOR], zoneId }, timeoutMs)
  // It would refuse every request.
  if (revoked) throw new RevocationUnavailableError('malformed', { came: 'a revocation that nobody made' })
}

async function partOf<Fault>(
  parts: readonly Promise<void>[],
  faultOf: (error: unknown) => Fault | undefined,
): Promise<PartReadiness<Fault>> {
  const results = await Promise.allSettled(parts)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed === undefined) return Object.freeze({ ok: true })
  const error: unknown = failed.reason
  if (isInterruption(error)) throw error
  const fault = faultOf(error)
  const explanation =
    fault === undefined ? `The guard failed unexpectedly: ${kindOf(error)}.` : outageText(error)
  return Object.freeze({ ok: false, fault, explanation })
}
