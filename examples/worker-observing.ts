// A billing API on Cloudflare Workers with Hono that writes a line for each decision, and has a health route.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `node demo/run-worker.mjs examples/worker-observing.toml`
// In your own project it is `npx wrangler dev`, which needs Node 22.

import { consoleObserver, createMandateVerifier, InMemoryRevocationStore } from 'caracal-edge'
import { type CaracalEnv, caracal } from 'caracal-edge/hono'
import { Hono } from 'hono'

const options = {
  // For development. In production: `UpstashRevocationStore.fromEnv()` from `caracal-edge/upstash`.
  revocations: new InMemoryRevocationStore(),
  requiredScopes: ['billing:read'],
  routes: { '/payouts': { requiredScopes: ['billing:payout'], requireDelegation: true } },
  onDecision: consoleObserver({ level: 'info' }),
}
const verifier = createMandateVerifier(options)

const app = new Hono<CaracalEnv>()

// Open to everyone, so it says whether, and only the log says why.
app.get('/healthz', async (c) => {
  const { ok, keys, store } = await verifier.check()
  if (!ok) console.error(JSON.stringify({ message: 'not ready', keys, store }))
  return c.json({ ok }, ok ? 200 : 503)
})

app.use(caracal(options))
app.get('/invoices/:id', (c) => c.json({ invoice: c.req.param('id'), actor: c.var.caracal.sub }))
app.post('/payouts', (c) => c.json({ actor: c.var.caracal.sub }))

export default app
