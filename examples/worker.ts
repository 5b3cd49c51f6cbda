// A billing API on Cloudflare Workers with the guard in front of it.
//
// Needs: the variables CARACAL_STS_URL and CARACAL_ZONE_ID (in wrangler.toml), and nothing else.
// Start: `npm run demo` walks a client through it and ends; `npm run dev` leaves it running to try by hand.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { liveResponse } from 'caracal-edge/live'

// This store lives in one isolate and dies with it. That is enough for an example. In production the store
// is shared, `UpstashRevocationStore` from `caracal-edge/upstash`, and Caracal itself writes to it, so that
// a session revoked once is revoked at every location and no route like `/sessions/revoke` is needed.
const revocations = new InMemoryRevocationStore()

export default {
  fetch: withCaracal(
    (request, { caracal, authority }) => {
      // Only an excluded path comes here without a mandate.
      if (caracal === undefined || authority === undefined) return Response.json({ status: 'ok' })

      const answer = { actor: caracal.sub, agent_session: caracal.agentSessionId }
      switch (new URL(request.url).pathname) {
        case '/invoices':
          return Response.json({ ...answer, open_invoices: 3 })
        case '/payouts':
          return Response.json({ ...answer, delegation_hops: caracal.hopCount })
        case '/events':
          // The stream ends when the mandate expires, or within a second after its session was revoked.
          return liveResponse(invoiceEvents(), authority, { recheckEveryMs: 1_000 })
        case '/sessions/revoke':
          return revokeSession(request)
        default:
          return Response.json({ error: 'not_found' }, { status: 404 })
      }
    },
    {
      audience: 'resource://billing-api',
      revocations,
      requiredScopes: ['billing:read'],
      routes: {
        '/payouts': { requiredScopes: ['billing:payout'], requireDelegation: true },
        '/sessions/revoke': { requiredScopes: ['sessions:revoke'] },
      },
      exclude: ['/healthz'],
    },
  ),
}

/** Goes on until somebody ends it. */
function invoiceEvents(): Response {
  const event = new TextEncoder().encode('data: {"open_invoices":3}\n\n')
  const { readable, writable } = new TransformStream()
  writable.getWriter().write(event)
  return new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } })
}

/** Takes exactly `{"session_id": "…"}`, where the id is the `sid` of the mandates to refuse from now on. */
async function revokeSession(request: Request): Promise<Response> {
  if (request.method !== 'POST') {
    return Response.json({ error: 'method_not_allowed' }, { status: 405, headers: { Allow: 'POST' } })
  }
  const sessionId = sessionIdIn(await request.json().catch(() => undefined))
  if (sessionId === undefined) {
    return Response.json({ error: 'invalid_request', expected: { session_id: 'string' } }, { status: 400 })
  }
  await revocations.markRevoked(sessionId)
  return Response.json({ revoked: true })
}

function sessionIdIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || Object.keys(body).join() !== 'session_id') return undefined
  const { session_id: sessionId } = body as { session_id: unknown }
  // A misspelt or cut-off id would revoke nothing and still look like a success.
  return typeof sessionId === 'string' && /^[\w.:-]{1,128}$/.test(sessionId) ? sessionId : undefined
}
