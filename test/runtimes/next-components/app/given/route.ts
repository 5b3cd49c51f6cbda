// Its options are complete before any request.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'

export const GET = withCaracal((_request: Request, { caracal }) => Response.json({ actor: caracal.sub }), {
  audience: 'resource://api',
  issuer: 'https://sts.test',
  expectedZoneId: 'zone-1',
  revocations: new InMemoryRevocationStore(),
})
