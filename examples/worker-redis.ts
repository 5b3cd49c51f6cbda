// A guarded Worker for production: revocations are looked up in Redis, and a cron trigger carries them there.
//
// Needs: the variables and secrets named in Env, and a cron trigger (examples/worker-redis.toml has one).
// Start: `npm run demo -- --redis` runs it in workerd against a real Redis and walks a client through it.

import { withCaracal } from 'caracal-edge'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'

interface Env {
  readonly UPSTASH_REDIS_REST_URL: string
  readonly UPSTASH_REDIS_REST_TOKEN: string
  readonly STREAMS_HMAC_KEY: string
}

// The cron trigger comes every minute. After three that brought nothing, nobody gets in until it works again.
const maxSyncAgeMs = 3 * 60_000

export default {
  fetch: withCaracal(
    (_request, { caracal }) => {
      // Only an excluded path comes here without a mandate.
      if (caracal === undefined) return Response.json({ status: 'ok' })
      return Response.json({ actor: caracal.sub, agent_session: caracal.agentSessionId })
    },
    // Issuer and zone come from CARACAL_STS_URL and CARACAL_ZONE_ID.
    (env: Env) => ({
      audience: 'resource://billing-api',
      revocations: UpstashRevocationStore.fromEnv(env, { maxSyncAgeMs }),
      requiredScopes: ['billing:read'],
      routes: { '/payouts': { requiredScopes: ['billing:payout'], requireDelegation: true } },
      exclude: ['/healthz'],
    }),
  ),

  async scheduled(_controller: unknown, env: Env): Promise<void> {
    const { applied, deadLettered, pending, caughtUp, fault } = await syncRevocations({ env })
    console.log('revocations', { applied, deadLettered, pending })
    // A pass that failed shows up as a failed cron run; what it did not do is still in the streams.
    if (!caughtUp) throw new Error(`Revocations are behind: ${fault ?? 'more than one pass can take'}.`)
  },
}
