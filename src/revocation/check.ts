// Asks a store about a mandate, and believes the answer only if it has exactly the expected shape.

import type { DenialReason } from '../decision/decision.ts'
import { RevocationUnavailableError } from '../decision/errors.ts'
import { ownMember } from '../lib/own-member.ts'
import { isThenable } from '../lib/thenable.ts'
import { LATE, within } from '../lib/time-limit.ts'
import type { Mandate } from '../mandate.ts'
import type { RevocationQuery, RevocationState, RevocationStore } from './store.ts'

/**
 * Why the mandate is no longer good, if it is not (protocol §3, step 7). Without a promise where the store
 * answers without one.
 * @param timeoutMs how long an answer is waited for, whatever limits the store has itself
 * @throws (or rejects with) what the store throws, and {@link RevocationUnavailableError} for a malformed answer
 *   or one that comes too late
 */
export function checkRevocation(
  store: RevocationStore,
  mandate: Mandate,
  timeoutMs: number,
): DenialReason | undefined | Promise<DenialReason | undefined> {
  const answer: unknown = store.lookup(queryFor(mandate))
  return isThenable(answer) ? judgeLater(answer, mandate, timeoutMs) : judge(answer, mandate)
}

async function judgeLater(
  pending: PromiseLike<unknown>,
  mandate: Mandate,
  timeoutMs: number,
): Promise<DenialReason | undefined> {
  const answer = await within(timeoutMs, pending)
  if (answer === LATE) throw new RevocationUnavailableError('timeout')
  return judge(answer, mandate)
}

function queryFor({
  sid,
  rootSid,
  agentSessionId,
  delegationEdgeId,
  graphEpoch,
  zoneId,
}: Mandate): RevocationQuery {
  const anchors = [sid]
  if (rootSid !== sid) anchors.push(rootSid)
  if (agentSessionId !== undefined && !anchors.includes(agentSessionId)) anchors.push(agentSessionId)
  if (delegationEdgeId !== undefined && !anchors.includes(delegationEdgeId)) anchors.push(delegationEdgeId)
  return { anchors, zoneId: graphEpoch === undefined ? undefined : zoneId }
}

function judge(answer: unknown, { graphEpoch }: Mandate): DenialReason | undefined {
  const { revoked, delegationEpoch } = stateIn(answer)
  if (revoked) return 'session_revoked'
  return graphEpoch !== undefined && graphEpoch < delegationEpoch ? 'delegation_stale' : undefined
}

/** Each member is read once, of the answer itself: what was checked is what is believed. */
function stateIn(answer: unknown): RevocationState {
  if (typeof answer === 'object' && answer !== null) {
    const [revoked, delegationEpoch] = [ownMember(answer, 'revoked'), ownMember(answer, 'delegationEpoch')]
    if (typeof revoked === 'boolean' && isEpoch(delegationEpoch)) return { revoked, delegationEpoch }
  }
  throw new RevocationUnavailableError('malformed')
}

/** A whole number, or `Infinity` for one past 2^53. */
function isEpoch(epoch: unknown): epoch is number {
  if (typeof epoch !== 'number') return false
  return epoch === Number.POSITIVE_INFINITY || (Number.isSafeInteger(epoch) && epoch >= 0)
}
