// An app with a fetch.

import { mandateOf } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { options } from '../../options.ts'

const app = guardFetch(
  { fetch: (request: Request) => Response.json({ actor: mandateOf(request)?.sub }) },
  options,
)

export const GET = (request: Request) => app.fetch(request)
