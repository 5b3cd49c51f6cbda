// A whole MCP server on Bun, with the official SDK. Its tools and their rules are in mcp-server.ts.
//
// Needs: CARACAL_STS_URL and CARACAL_ZONE_ID, which `npm run issuer` prints. MCP_URL is where its clients find it.
// Start: `npx bun examples/mcp-bun.ts`
// `npm run demo:mcp -- --bun` walks an agent through it, and ends.

import { guardMcp } from 'caracal-edge/mcp'
import { options, server } from './mcp-server.ts'

export default {
  fetch: guardMcp(
    (request, { mcp }) => server.fetch(request, mcp),
    options(process.env.MCP_URL ?? 'http://localhost:3000/mcp'),
  ),
}
