// A guarded handler in front of a store, and everything that a request to it resulted in.

import { type RevocationFault, type RevocationStore, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'

export const issuer = createTestIssuer()

export interface Outcome {
  readonly status: number
  /** The code of a refusal. */
  readonly code: string | undefined
  readonly handlerRan: boolean
  /** What an event says about an outage. */
  readonly fault: RevocationFault | string | undefined
  readonly elapsedMs: number
}

export const ADMITTED = { status: 200, handlerRan: true }
export const REVOKED = { status: 401, code: 'session_revoked', handlerRan: false }
export const STALE = { status: 401, code: 'delegation_stale', handlerRan: false }
export const UNAVAILABLE = { status: 503, code: 'revocation_unavailable', handlerRan: false }

/** Gives a function that sends a mandate through the guard. */
export function guardedBy(revocations: RevocationStore): (mandate: string) => Promise<Outcome> {
  const faults = new WeakMap<Request, string>()
  const guarded = withCaracal(
    (_request, _context, ran: { handler: boolean }) => {
      ran.handler = true
      return new Response('handled')
    },
    {
      ...issuer.options,
      revocations,
      onDecision: (event, request) => {
        if (event.outcome === 'deny' && event.fault && request) faults.set(request, event.fault)
      },
    },
  )
  return async (mandate) => {
    const request = new Request('https://api.test/', { headers: { authorization: `Bearer ${mandate}` } })
    const ran = { handler: false }
    const startedAt = performance.now()
    const response = await guarded(request, ran)
    const elapsedMs = performance.now() - startedAt
    const text = await response.text()
    const code = text.startsWith('{') ? (JSON.parse(text) as { error: string }).error : undefined
    return { status: response.status, code, handlerRan: ran.handler, fault: faults.get(request), elapsedMs }
  }
}
