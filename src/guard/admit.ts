// What every adapter does with a request: decide, then refuse it or remember its authority.

import type { Denial } from '../decision/decision.ts'
import type { Refusal } from '../decision/events.ts'
import { type CloseByServer, closingOf, refusal } from '../decision/refusal.ts'
import { type Awaitable, isThenable } from '../lib/thenable.ts'
import type { RoutedPath } from '../request/derived-readings.ts'
import { AdmittedAuthority, type AdmittedBy } from './authority.ts'
import { rememberAuthority } from './authority-of.ts'
import type { SelectedGuard } from './environment-guards.ts'
import type { GuardFor } from './environments.ts'
import type { DecisionByRules, RequestGuard, Rules } from './request-guard.ts'

/** The adapter answers with the refusal, or passes the request on. */
type Passage = Refused | Admitted

export interface Refused {
  readonly denial: Denial
  /** Tells `onDecision` that the answer is another refusal. */
  report(refusal: Refusal): void
  /** Whether the request asks for a WebSocket that is to be closed, if the runtime can. */
  closes(): boolean
  /** The answer: a closed WebSocket if the request asks for one and the runtime can close it, or HTTP. */
  refusal(): Response
  /** The same, for a server that can close the WebSocket itself. `undefined` if it has. */
  refusalBy(closeByServer: CloseByServer | undefined): Response | undefined
}

interface Admitted {
  readonly denial: undefined
  readonly by: AdmittedBy
  /** `undefined` on an excluded path. */
  readonly authority: AdmittedAuthority | undefined
}

/**
 * Throws, or rejects, only if Next.js ends a prerender. Saves the authority of an admitted request for `authorityOf` and
 * `mandateOf`.
 * @param platform what the platform passed with the request
 */
export function admit(
  guardFor: GuardFor,
  platform: readonly unknown[],
  request: Request,
  routed?: RoutedPath,
): Awaitable<Passage> {
  const { guard, stands } = guardFor(platform)
  const pass = ({ decision, rules }: DecisionByRules): Awaitable<Passage> => {
    // The guard is another environment's, as only this decision has shown. It is not selected again for this request.
    if (!stands()) return admit(guardFor, platform, request, routed)
    if (decision.outcome === 'deny') return refused(guard, request, decision)
    const by = new AdmittedRequest(guard, stands, rules, request, guardFor, platform, routed)
    const authority = decision.outcome === 'admit' ? new AdmittedAuthority(decision.mandate, by) : undefined
    rememberAuthority(request, authority)
    return { denial: undefined, by, authority }
  }
  const deciding = guard.decide(request, routed, stands)
  return isThenable(deciding) ? deciding.then(pass) : pass(deciding)
}

/** A class, because an object with closures would cost every request more. */
class AdmittedRequest implements AdmittedBy {
  readonly guard: RequestGuard
  readonly stands: () => boolean
  readonly rules: Rules
  readonly request: Request
  readonly guardFor: GuardFor
  readonly platform: readonly unknown[]
  readonly routed: RoutedPath | undefined

  constructor(
    guard: RequestGuard,
    stands: () => boolean,
    rules: Rules,
    request: Request,
    guardFor: GuardFor,
    platform: readonly unknown[],
    routed: RoutedPath | undefined,
  ) {
    this.guard = guard
    this.stands = stands
    this.rules = rules
    this.request = request
    this.guardFor = guardFor
    this.platform = platform
    this.routed = routed
  }

  select(): SelectedGuard {
    return this.guardFor(this.platform)
  }

  async again(): Promise<Passage> {
    return admit(this.guardFor, this.platform, this.request, this.routed)
  }
}

/**
 * Fetches the keys of the guard that the platform's arguments select.
 * @throws (rejects) as `GuardedFetch.warmup` says
 */
export async function warmUp(guardFor: GuardFor, platform: readonly unknown[]): Promise<void> {
  const { guard, stands } = guardFor(platform)
  const [result] = await Promise.allSettled([guard.warmup()])
  // What `keySet.fetch` read has shown that the guard is another environment's.
  if (!stands()) return warmUp(guardFor, platform)
  if (result.status === 'rejected') throw result.reason
}

export function refused(guard: RequestGuard, request: Request, denial: Denial): Refused {
  const { websocketDenial } = guard
  return {
    denial,
    report: (refusal) => guard.refuse(refusal, 'message', undefined, [], request),
    closes: () => closingOf(request, denial, websocketDenial) !== undefined,
    refusal: () => refusal(request, denial, websocketDenial),
    refusalBy: (closeByServer) => refusal(request, denial, websocketDenial, closeByServer),
  }
}
