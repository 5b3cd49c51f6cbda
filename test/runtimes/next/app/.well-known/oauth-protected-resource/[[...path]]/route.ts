// The metadata of the MCP servers, which is not below them.

import { fetchBelow } from '../../../../../mcp/subject/subject.mjs'

const fetch = fetchBelow('/mcp')

export { fetch as GET }
