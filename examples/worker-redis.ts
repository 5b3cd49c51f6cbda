// A guarded Worker for production: revocations are looked up in Redis, and a cron trigger carries them there.
//
// Needs: the variables in worker-redis.toml, the secrets that it names, and its cron trigger.
// First deployment: the first pass over a Redis reports 'restarted', since what was announced before it is unknown, and
// for 15 minutes nobody gets in. Wait, or give it up by one pass of your own, from a machine that has the same variables:
// `npx caracal-edge sync --give-up restarted`
// Start: `npm run demo -- --redis` runs it in workerd against a real Redis and walks a client through it.

// #region program
import { env } from 'cloudflare:workers'
import { withCaracal } from 'caracal-edge'
import { liveResponse } from 'caracal-edge/live'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'

// The cron trigger comes every minute. After three that brought nothing, nobody gets in until it works again.
const maxSyncAgeMs = 3 * 60_000

export default {
  fetch: withCaracal(
    (request, { caracal, authority }) => {
      // Only an excluded path comes here without a mandate.
      if (caracal === undefined || authority === undefined) return Response.json({ status: 'ok' })
      if (new URL(request.url).pathname === '/events')
        // Without `recheckEveryMs`, only the expiry of the mandate would end the stream.
        return liveResponse(invoiceEvents(), authority, { recheckEveryMs: 1_000 })
      return Response.json({ actor: caracal.sub, agent_session: caracal.agentSessionId })
    },
    {
      // Issuer and zone come from CARACAL_STS_URL and CARACAL_ZONE_ID.
      audience: 'resource://billing-api',
      revocations: UpstashRevocationStore.fromEnv(env, { maxSyncAgeMs }),
      requiredScopes: ['billing:read'],
      routes: { '/payouts': { requiredScopes: ['billing:payout'], requireDelegation: true } },
      exclude: ['/healthz'],
    },
  ),

  async scheduled(): Promise<void> {
    const { caughtUp, fault, ...report } = await syncRevocations({ env })
    console.log('revocations', report)
    // A pass that failed, or that knows of a loss, shows up as a failed cron run. What it did not do is still in the
    // streams; what was lost is held against it until no mandate can depend on it any more.
    if (!caughtUp) throw new Error(`Revocations are behind: ${fault ?? 'more than one pass can take'}.`)
  },
}

/** Goes on until somebody ends it. */
function invoiceEvents(): Response {
  const event = new TextEncoder().encode('data: {"open_invoices":3}\n\n')
  const { readable, writable } = new TransformStream()
  writable.getWriter().write(event)
  return new Response(readable, { headers: { 'Content-Type': 'text/event-stream' } })
}
// #endregion program
