// Takes the mandate from the header of the Gateway, in the Node runtime.

import { withCaracal } from 'caracal-edge'
import { options } from '../../options.ts'

export const GET = withCaracal(
  (_request: Request, { caracal }) => Response.json({ actor: caracal.sub }),
  () => ({ ...options(), credentialHeader: 'X-Caracal-Identity' }),
)
