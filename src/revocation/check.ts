// Asks a store whether a mandate is revoked. An answer of any other than the expected shape counts as an outage.

import type { DenialReason } from '../decision/decision.ts'
import { RevocationUnavailableError } from '../decision/errors.ts'
import type { Measured } from '../decision/measurements.ts'
import { ownMember } from '../lib/own-member.ts'
import { type Awaitable, isThenable } from '../lib/thenable.ts'
import { within } from '../lib/time-limit.ts'
import { typeOf } from '../lib/type-of.ts'
import type { Mandate } from '../mandate.ts'
import { noteLookup } from './measured-lookups.ts'
import type { RevocationQuery, RevocationState, RevocationStore } from './store.ts'

/**
 * Why the mandate is no longer valid, or `undefined` if it is (protocol §3, step 7). Synchronous if the store is.
 * @param timeoutMs how long to wait for the store, in addition to the store's own limits
 * @throws (or rejects with) what the store throws, and {@link RevocationUnavailableError} for a malformed answer
 *   or one that comes too late
 */
export function checkRevocation(
  store: RevocationStore,
  mandate: Mandate,
  timeoutMs: number,
  measured?: Measured,
): Awaitable<DenialReason | undefined> {
  const query = queryFor(mandate)
  if (measured !== undefined) noteLookup(query, measured)
  const answer: unknown = store.lookup(query)
  if (isThenable(answer)) return judgeLater(answer, mandate, timeoutMs, measured)
  measured?.end()
  return judge(answer, mandate)
}

async function judgeLater(
  pending: PromiseLike<unknown>,
  mandate: Mandate,
  timeoutMs: number,
  measured: Measured,
): Promise<DenialReason | undefined> {
  const answer = await within(timeoutMs, pending)
  measured?.end()
  if (!answer.ok) throw new RevocationUnavailableError(answer.reason)
  return judge(answer.value, mandate)
}

/**
 * The answer of a store to any question, judged as that to a request.
 * @throws (rejects with) what the store throws, or {@link RevocationUnavailableError}
 */
export async function ask(
  store: RevocationStore,
  query: RevocationQuery,
  timeoutMs: number,
): Promise<RevocationState> {
  const answer = await within(timeoutMs, Promise.resolve(store.lookup(query)))
  if (!answer.ok) throw new RevocationUnavailableError(answer.reason)
  return stateIn(answer.value)
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

/** Each member is read only once, and must be the answer's own: the value that was checked is the value that is used. */
function stateIn(answer: unknown): RevocationState {
  const [revoked, delegationEpoch] = [ownMember(answer, 'revoked'), ownMember(answer, 'delegationEpoch')]
  if (typeof revoked === 'boolean' && isEpoch(delegationEpoch)) return { revoked, delegationEpoch }
  throw new RevocationUnavailableError('malformed', { came: typeOf(answer) })
}

/** A whole number, or `Infinity` for one above 2^53. */
function isEpoch(epoch: unknown): epoch is number {
  if (typeof epoch !== 'number') return false
  return epoch === Number.POSITIVE_INFINITY || (Number.isSafeInteger(epoch) && epoch >= 0)
}
