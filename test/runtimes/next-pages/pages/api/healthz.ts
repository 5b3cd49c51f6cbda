// An excluded route of the API.

import type { NextApiHandler } from 'next'

const handler: NextApiHandler = (_request, response) => {
  response.setHeader('X-Page', 'healthz')
  response.end()
}
export default handler
