// The types of guardMcp: the context, the platform's arguments, and that no unknown option compiles.

import { type Authority, InMemoryRevocationStore, type Mandate } from 'caracal-edge'
import {
  guardMcp,
  type McpAuthInfo,
  type McpCall,
  type McpOptions,
  protectedResource,
  toAuthInfo,
} from 'caracal-edge/mcp'
import { exactly } from './support/exactly.ts'
import type { Env } from './support/platforms.ts'

const revocations = new InMemoryRevocationStore()
const answer = new Response()
const base = { resource: 'https://billing.example/mcp', revocations } as const

/** What the SDKs of both generations take. */
interface SdkAuthInfo {
  token: string
  clientId: string
  scopes: string[]
  expiresAt?: number
  resource?: URL
  resourceMetadataUrl?: string
  extra?: Record<string, unknown>
}
declare const sdk: {
  fetch(request: Request, options: { authInfo?: SdkAuthInfo; parsedBody?: unknown }): Response
}

export const inline = guardMcp(
  (request, { caracal, authority, mcp }) => {
    exactly<Mandate>()(caracal)
    exactly<Authority>()(authority)
    exactly<McpCall>()(mcp)
    exactly<McpAuthInfo>()(mcp.authInfo)
    exactly<Mandate>()(mcp.authInfo.extra.caracal)
    return sdk.fetch(request, mcp)
  },
  { ...base, tools: { list: {}, pay: { requiredScopes: ['pay'], requireDelegation: true } } },
)
exactly<Promise<Response>>()(inline(new Request('https://x')))

export const excluding = guardMcp(
  (_request, { caracal, mcp }) => {
    exactly<Mandate | undefined>()(caracal)
    exactly<McpCall | undefined>()(mcp)
    return answer
  },
  { ...base, exclude: ['/healthz'] },
)

export const onWorkers = guardMcp(
  (_request, { mcp }, env: Env, ctx: { waitUntil(promise: Promise<unknown>): void }) => {
    exactly<McpCall>()(mcp)
    exactly<Env>()(env)
    ctx.waitUntil(Promise.resolve())
    return answer
  },
  (env: Env) => ({ ...base, audience: String(env), tools: { list: {} }, live: false, allowedOrigins: [] }),
)

declare const mandate: Mandate
exactly<McpAuthInfo>()(toAuthInfo(mandate, 'token'))
export const sdkInfo: SdkAuthInfo = toAuthInfo(mandate, 'token')
exactly<(request: Request) => Response>()(
  protectedResource({ resource: 'https://a.example', authorizationServers: ['https://sts.example'] }),
)

const handle = () => answer
// @ts-expect-error: resource is missing.
guardMcp(handle, { revocations })
// @ts-expect-error: no such option.
guardMcp(handle, { ...base, tool: {} })
// @ts-expect-error: no such requirement.
guardMcp(handle, { ...base, tools: { list: { scopes: ['read'] } } })
// @ts-expect-error: no such option, in what a function returns.
guardMcp(handle, () => ({ ...base, allowedOrigin: [] }))
// @ts-expect-error: no such requirement, in what a function returns.
guardMcp(handle, () => ({ ...base, tools: { list: { scopes: ['read'] } } }))
// @ts-expect-error: no such requirement of other tools.
guardMcp(handle, () => ({ ...base, otherTools: { audience: 'x' } }))
// @ts-expect-error: true says nothing.
export const live: McpOptions['live'] = true
