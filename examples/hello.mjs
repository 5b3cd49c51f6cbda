// @ts-check
// A guarded server on Node, and a mandate to try it with. Nothing else is needed: the issuer is a test issuer.
//
// Needs: nothing. PORT sets its port (3000).
// Start: `node examples/hello.mjs`

// #region program
import { serve } from '@hono/node-server'
import { withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'

// In place of the STS, to try it out. It holds the private key: never use it in production.
const issuer = createTestIssuer()
const mandate = await issuer.mint({ scopes: ['billing:read'] })

const fetch = withCaracal(
  (_request, { caracal }) => Response.json({ actor: caracal.sub, scopes: caracal.scopes }),
  { ...issuer.options, requiredScopes: ['billing:read'] },
)

serve({ fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`curl -H 'Authorization: Bearer ${mandate}' http://localhost:${port}/`)
})
// #endregion program
