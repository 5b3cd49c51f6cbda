// MCP servers behind the guard in workerd: without anything of Node.js, and for the Agents SDK with AsyncLocalStorage.

import { describeMcp } from './mcp/describe-mcp.ts'

const START = 'node test/runtimes/mcp/subject/start-workerd.mjs'

describeMcp('MCP in workerd', `${START} worker.mjs`, undefined)

describeMcp('MCP in workerd, Agents SDK', `${START} worker-agents.mjs nodejs_als`, undefined, [
  { server: 'agents', hasSessions: false },
])
