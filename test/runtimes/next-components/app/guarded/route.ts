// Its options come from the environment, which is empty while Next.js builds.

import { withCaracal } from 'caracal-edge'
import { options } from '../../options.ts'

export const GET = withCaracal(
  (_request: Request, { caracal }) => Response.json({ actor: caracal.sub }),
  options,
)
