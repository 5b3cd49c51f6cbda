// Another route, which asks for more.

import { withCaracal } from 'caracal-edge'
import { requiring } from '../../caracal'

export const POST = withCaracal(
  (_request, { caracal }) => Response.json({ actor: caracal.sub, delegation_hops: caracal.hopCount }),
  requiring({ requiredScopes: ['billing:payout'], requireDelegation: true }),
)
