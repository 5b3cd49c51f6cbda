// Another route, which asks for more.

import { withCaracal } from 'caracal-edge'
import { revocations } from '../../caracal.ts'

export const POST = withCaracal(
  (_request, { caracal }) => Response.json({ actor: caracal.sub, delegation_hops: caracal.hopCount }),
  () => ({ revocations, requiredScopes: ['billing:payout'], requireDelegation: true }),
)
