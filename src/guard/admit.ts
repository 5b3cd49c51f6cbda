// Decide, refuse or remember: what every adapter does with a request, in one place, so that none forgets a part.

import type { Denial } from '../decision/decision.ts'
import { type CloseByServer, refusal } from '../decision/refusal.ts'
import type { Mandate } from '../mandate.ts'
import type { RoutedPath } from '../request/derived-readings.ts'
import type { RequestGuard } from './guard.ts'
import { rememberMandate } from './mandate-of.ts'

/** What an adapter does next: answer with the refusal, or let the request through. */
export type Passage = Refused | Admitted

export interface Refused {
  readonly denial: Denial
  /** The answer: a closed WebSocket where one was asked for and can be had, HTTP otherwise. */
  refusal(): Response
  /** The same, on a server that can close the WebSocket itself; `undefined` when it has. */
  refusalBy(closeByServer: CloseByServer | undefined): Response | undefined
}

export interface Admitted {
  readonly denial: undefined
  /** `undefined` on an excluded path. */
  readonly mandate: Mandate | undefined
}

/** Never rejects. A request that is let through is known to `mandateOf` from then on, with its mandate or without. */
export async function admit(guard: RequestGuard, request: Request, routed?: RoutedPath): Promise<Passage> {
  const decision = await guard.decide(request, routed)
  if (decision.outcome === 'deny') return refused(guard, request, decision)
  const mandate = decision.outcome === 'admit' ? decision.mandate : undefined
  rememberMandate(request, mandate)
  return { denial: undefined, mandate }
}

export function refused({ websocketDenial }: RequestGuard, request: Request, denial: Denial): Refused {
  return {
    denial,
    refusal: () => refusal(request, denial, websocketDenial),
    refusalBy: (closeByServer) => refusal(request, denial, websocketDenial, closeByServer),
  }
}
