// @ts-nocheck
// A guarded Worker that answers with what it was told of the mandate, and by which store: all its requests share one.

import { env } from 'cloudflare:workers'
import { withCaracal } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'

const { issuer, zoneId, audience, jwks, timeoutMs } = JSON.parse(env.OPTIONS)

export default {
  fetch: withCaracal((_request, { caracal }) => Response.json({ sub: caracal.sub, sid: caracal.sid }), {
    issuer,
    expectedZoneId: zoneId,
    audience,
    keySet: { jwks },
    revocations: UpstashRevocationStore.fromEnv({}, { timeoutMs }),
  }),
}
