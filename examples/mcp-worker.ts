// A whole MCP server on Cloudflare Workers, with the official SDK. Its tools and their rules are in mcp-server.ts.
//
// Needs: the variables in mcp-worker.toml, and nothing else.
// Start: `npm run demo:mcp`
// It walks an agent through it, and ends. In your own project it is `npx wrangler dev`, which needs Node 22.

import { guardMcp } from 'caracal-edge/mcp'
import { options, server } from './mcp-server.ts'

interface Env {
  readonly MCP_URL: string
}

export default {
  fetch: guardMcp(
    (request, { mcp }) => server.fetch(request, mcp),
    ({ MCP_URL }: Env) => options(MCP_URL),
  ),
}
