// A billing API on Cloudflare Workers with Hono.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `node demo/run-worker.mjs examples/worker-hono.toml`
// In your own project it is `npx wrangler dev`, which needs Node 22.

// #region program
import { InMemoryRevocationStore } from 'caracal-edge'
import { type CaracalEnv, caracal, requireMandate } from 'caracal-edge/hono'
import { Hono } from 'hono'

const app = new Hono<CaracalEnv>()

// What comes before the guard is open to everyone.
app.get('/healthz', (c) => c.json({ status: 'ok' }))

// For development. In production `app.use(caracal())` is enough: the store is in Upstash, by
// UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN.
app.use(caracal({ revocations: new InMemoryRevocationStore() }))

app.get('/invoices/:id', requireMandate({ requiredScopes: ['billing:read'] }), (c) =>
  c.json({ invoice: c.req.param('id'), actor: c.var.caracal.sub }),
)

app.post('/payouts', requireMandate({ requiredScopes: ['billing:payout'], requireDelegation: true }), (c) =>
  c.json({ actor: c.var.caracal.sub, delegation_hops: c.var.caracal.hopCount }),
)

export default app
// #endregion program
