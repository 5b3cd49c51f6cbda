// The public surface of `caracal-edge/mcp`.

export { type McpAuthInfo, principalOf, toAuthInfo } from './adapters/mcp/auth-info.ts'
export { guardMcp, type McpCall, type McpContext, type McpHandler } from './adapters/mcp/guard-mcp.ts'
export type { McpOptions } from './adapters/mcp/options.ts'
export { type ProtectedResourceOptions, protectedResource } from './adapters/mcp/protected-resource.ts'
