// The guarded Worker under load: as examples/worker-redis.ts, with limits that run out within seconds.

import { withCaracal } from 'caracal-edge'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import {
  AUDIENCE,
  CONTROL_PATH,
  KEY_SET,
  LOSS_HOLD_MS,
  MAX_SYNC_AGE_MS,
  MAX_VERIFIED_TOKENS,
  SCOPE,
  STORE_TIMEOUT_MS,
} from './settings.mjs'

interface Env {
  readonly CONTROL_URL: string
}

export default {
  fetch: withCaracal(
    (_request, { caracal }, env) => {
      // The answer says whose request the handler was given. Only an excluded path comes here without a mandate.
      return caracal === undefined ? fetch(env.CONTROL_URL) : Response.json({ jti: caracal.jti })
    },
    (env: Env) => ({
      audience: AUDIENCE,
      requiredScopes: [SCOPE],
      revocations: UpstashRevocationStore.fromEnv(env, {
        timeoutMs: STORE_TIMEOUT_MS,
        maxSyncAgeMs: MAX_SYNC_AGE_MS,
      }),
      keySet: KEY_SET,
      exclude: [CONTROL_PATH],
      verifiedTokenCache: { maxEntries: MAX_VERIFIED_TOKENS },
    }),
  ),

  async scheduled(_controller: unknown, env: Env): Promise<void> {
    const { caughtUp, fault } = await syncRevocations({
      env,
      timeoutMs: STORE_TIMEOUT_MS,
      lossHoldMs: LOSS_HOLD_MS,
    })
    if (!caughtUp) throw new Error(`Revocations are behind: ${fault ?? 'not all is done'}.`)
  },
}
