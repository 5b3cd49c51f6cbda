// MCP servers behind the guard on Deno.

import { describeMcp } from './mcp/describe-mcp.ts'
import { missingUnless } from './runtime.ts'

const DENO = 'node_modules/.bin/deno'
const PERMISSIONS = '--no-prompt --allow-net=127.0.0.1 --allow-env'
const PROGRAM = 'test/runtimes/mcp/subject/deno.mjs'

describeMcp('MCP on Deno', `${DENO} run --cached-only ${PERMISSIONS} ${PROGRAM}`, missingUnless(DENO))
