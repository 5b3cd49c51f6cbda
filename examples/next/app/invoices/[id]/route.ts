// A guarded route of a Next.js app. What Next.js passes comes after the mandate.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints.
// Start: `npx next build examples/next && npx next start examples/next`
// While you change it: `npx next dev examples/next`
//
// It runs in Node. `export const runtime = 'edge'` works too, but Next.js is giving that up.

// #region program
import { withCaracal } from 'caracal-edge'
import { requiring } from '../../../caracal'

export const GET = withCaracal(
  async (_request, { caracal }, { params }: { params: Promise<{ id: string }> }) =>
    Response.json({ invoice: (await params).id, actor: caracal.sub }),
  requiring({ requiredScopes: ['billing:read'] }),
)
// #endregion program
