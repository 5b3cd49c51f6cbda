// A billing API on Bun, with Bun's own routes: each has its handler, and each handler its guard.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `npx bun examples/bun.ts`

// #region program
import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'

// For development. In production: `UpstashRevocationStore.fromEnv()` from `caracal-edge/upstash`.
const revocations = new InMemoryRevocationStore()

export default {
  routes: {
    '/healthz': Response.json({ status: 'ok' }),
    '/invoices/:id': withCaracal(
      (request: Bun.BunRequest<'/invoices/:id'>, { caracal }) =>
        Response.json({ invoice: request.params.id, actor: caracal.sub }),
      { revocations, requiredScopes: ['billing:read'] },
    ),
    '/payouts': {
      POST: withCaracal(
        (_request, { caracal }) => Response.json({ actor: caracal.sub, delegation_hops: caracal.hopCount }),
        { revocations, requiredScopes: ['billing:payout'], requireDelegation: true },
      ),
    },
  },
  fetch: () => new Response('Not found', { status: 404 }),
}
// #endregion program
