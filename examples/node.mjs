// @ts-check
// A billing API on Node, behind the bridge of `@hono/node-server` from `node:http` to `fetch`.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `node examples/node.mjs`

// #region program
import { serve } from '@hono/node-server'
import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'

const fetch = withCaracal(
  (request, { caracal }) => Response.json({ path: new URL(request.url).pathname, actor: caracal.sub }),
  {
    // For development. In production: `UpstashRevocationStore.fromEnv()` from `caracal-edge/upstash`.
    revocations: new InMemoryRevocationStore(),
    requiredScopes: ['billing:read'],
    routes: { '/payouts': { requiredScopes: ['billing:payout'], requireDelegation: true } },
    onDecision: (event) => console.log(JSON.stringify(event)),
  },
)

serve({ fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`Listening on http://localhost:${port}`)
})
// #endregion program
