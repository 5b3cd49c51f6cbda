// MCP servers as a route handler, in the Node runtime.

import { fetchBelow } from '../../../../mcp/subject/subject.mjs'

const fetch = fetchBelow('/mcp')

export { fetch as DELETE, fetch as GET, fetch as POST }
