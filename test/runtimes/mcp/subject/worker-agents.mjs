// @ts-check
// A server of the Agents SDK as a Worker. It needs AsyncLocalStorage.

import { createMcpHandler } from 'agents/mcp/server'
import { fetch, SERVERS, serverV2 } from './subject.mjs'

SERVERS.agents = createMcpHandler(serverV2, { route: '/agents' }).fetch

export default { fetch }
