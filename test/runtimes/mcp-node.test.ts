// MCP servers behind the guard on Node.

import { describeMcp } from './mcp/describe-mcp.ts'

describeMcp('MCP on Node', 'node test/runtimes/mcp/subject/node.mjs', undefined)
