// A billing API on Deno. What the platform passes comes after the mandate, here where the request came from.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `npx deno serve --allow-env --allow-net --port 3000 examples/deno.ts`

// #region program
import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'

export default {
  fetch: withCaracal(
    (_request, { caracal }, info: Deno.ServeHandlerInfo<Deno.NetAddr>) =>
      Response.json({ actor: caracal.sub, from: info.remoteAddr.hostname }),
    {
      // For development. In production: `UpstashRevocationStore.fromEnv()` from `caracal-edge/upstash`.
      revocations: new InMemoryRevocationStore(),
      requiredScopes: ['billing:read'],
      routes: { '/payouts': { requiredScopes: ['billing:payout'], requireDelegation: true } },
    },
  ),
}
// #endregion program
