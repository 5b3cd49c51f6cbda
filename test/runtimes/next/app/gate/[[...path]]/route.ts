// Everything below /gate. It knows of no mandate: the proxy in front of it lets nobody pass without one.

import { mandateOf } from 'caracal-edge'

export const GET = (request: Request) =>
  Response.json(
    { path: new URL(request.url).pathname, remembered: mandateOf(request)?.sub },
    { headers: { 'X-Answered-By': 'handler' } },
  )
