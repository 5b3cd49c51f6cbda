// An authority whose store answers as a test says. Use it with a clock that is held.

import {
  type Authority,
  AuthorityEndedError,
  authorityOf,
  type CaracalOptions,
  type DecisionEvent,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { CLEAN, recordingStore } from './recording-store.ts'
import { bearer } from './requests.ts'

export const LIFETIME_MS = 900_000
export const STORE_TIMEOUT_MS = 200

const issuer = createTestIssuer()

export interface LiveAuthority {
  readonly authority: Authority
  /** Since it was admitted. */
  readonly events: readonly DecisionEvent[]
  /** How often the store was asked since it was admitted. */
  asked(): number
  answers(other: () => unknown): void
}

/** The mandate of a request that was admitted now. Its delegation epoch is 4. */
export async function liveAuthority(
  more: Partial<CaracalOptions> = {},
  lifetimeSeconds = LIFETIME_MS / 1000,
): Promise<LiveAuthority> {
  let answer: () => unknown = () => CLEAN
  const revocations = recordingStore(() => answer())
  const events: DecisionEvent[] = []
  const request = bearer(await issuer.mint({ lifetimeSeconds, claims: { delegation_graph_epoch: 4 } }))
  const guarded = withCaracal(() => new Response(), {
    ...issuer.options,
    revocations,
    onDecision: (event) => events.push(event),
    storeTimeoutMs: STORE_TIMEOUT_MS,
    ...more,
  })
  await guarded(request)
  const authority = authorityOf(request)
  if (authority === undefined) throw new Error('The request was refused.')
  events.length = 0
  return {
    authority,
    events,
    asked: () => revocations.queries.length - 1,
    answers: (other) => {
      answer = other
    },
  }
}

/** Why the signal has fired; `undefined` if it has not. */
export function reasonOf(signal: AbortSignal): string | undefined {
  if (!signal.aborted) return undefined
  const reason: unknown = signal.reason
  if (!(reason instanceof AuthorityEndedError)) throw new Error('The reason is another.')
  return reason.denial.reason
}
