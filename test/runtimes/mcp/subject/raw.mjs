// @ts-check
// A server that says which tools it ran, behind the guard on Node, for clients that speak in bytes.

import { serve } from '@hono/node-server'
import { InMemoryRevocationStore } from 'caracal-edge'
import { guardMcp } from 'caracal-edge/mcp'

/** @type {string[]} */
const ran = []

const guarded = guardMcp(
  async (request) => {
    const text = await request.text()
    ran.push(text === '' ? request.method : JSON.parse(text).params.name)
    return new Response()
  },
  {
    ...JSON.parse(process.env.TRUSTED ?? ''),
    resource: 'http://127.0.0.1/mcp',
    revocations: new InMemoryRevocationStore(),
    tools: { safe: {}, danger: { requiredScopes: ['never'] } },
  },
)

serve(
  {
    fetch(request) {
      const { pathname } = new URL(request.url)
      if (pathname === '/ran') return Response.json(ran.splice(0))
      if (pathname === '/memory') return Response.json(process.memoryUsage.rss())
      return guarded(request)
    },
    hostname: '127.0.0.1',
    port: 0,
  },
  ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
)
