// MCP servers behind the guard on Bun.

import { describeMcp } from './mcp/describe-mcp.ts'
import { missingUnless } from './runtime.ts'

const BUN = 'node_modules/.bin/bun'

describeMcp('MCP on Bun', `${BUN} test/runtimes/mcp/subject/bun.mjs`, missingUnless(BUN))
