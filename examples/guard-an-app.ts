// The guard around an app that knows nothing of it, here one of H3 on Bun: `guardFetch` takes any object with a `fetch`.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `npx bun examples/guard-an-app.ts`

// #region program
import { InMemoryRevocationStore, mandateOf } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { H3 } from 'h3'

const app = new H3()
  .get('/invoices/:id', ({ context }) => ({ invoice: context.params?.id }))
  .post('/payouts', ({ req }) => ({ actor: mandateOf(req)?.sub }))

export default guardFetch(app, {
  // For development. In production: `UpstashRevocationStore.fromEnv()` from `caracal-edge/upstash`.
  revocations: new InMemoryRevocationStore(),
  requiredScopes: ['billing:read'],
  routes: { '/payouts': { requiredScopes: ['billing:payout'], requireDelegation: true } },
})
// #endregion program
