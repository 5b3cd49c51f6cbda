// The tools of a billing service for agents, and who may call them. mcp-worker.ts and mcp-bun.ts serve it.

import { createMcpHandler, fromJsonSchema, McpServer } from '@modelcontextprotocol/server'
import { authorityOf, InMemoryRevocationStore } from 'caracal-edge'
import type { McpOptions } from 'caracal-edge/mcp'

// This store lives in one process and dies with it. In production the store is shared, `UpstashRevocationStore` from
// `caracal-edge/upstash`, Caracal itself writes to it, and no tool like `sessions.revoke` is needed.
const revocations = new InMemoryRevocationStore()

/** @param resource the URL of this server, as its clients know it */
export const options = (resource: string): McpOptions<[]> => ({
  resource,
  audience: 'resource://billing-api',
  revocations,
  requiredScopes: ['billing:read'],
  tools: {
    'invoices.list': {},
    'invoices.watch': {},
    'payouts.create': { requiredScopes: ['billing:payout'], requireDelegation: true, maxHopCount: 2 },
    'sessions.revoke': { requiredScopes: ['sessions:revoke'] },
  },
  live: { recheckEveryMs: 1_000 },
})

const text = (words: string) => ({ content: [{ type: 'text' as const, text: words }] })

const payout = fromJsonSchema<{ readonly amount: number }>({
  type: 'object',
  properties: { amount: { type: 'number', exclusiveMinimum: 0 } },
  required: ['amount'],
})

const session = fromJsonSchema<{ readonly session_id: string }>({
  type: 'object',
  properties: { session_id: { type: 'string', pattern: '^[\\w.:-]{1,128}$' } },
  required: ['session_id'],
})

/** Without an authority nobody may. */
function mayPayMuch(request: Request | undefined): boolean {
  const authority = request === undefined ? undefined : authorityOf(request)
  return (
    authority !== undefined && authority.meets({ requiredScopes: ['billing:payout:large'] }) === undefined
  )
}

const NOT_LISTED = 'Deletes all invoices. The guard knows no rule for it, so that nobody can call it.'

export const server = createMcpHandler(() => {
  const billing = new McpServer({ name: 'billing', version: '1.0.0' })
  billing.registerTool('invoices.list', { description: 'Lists the open invoices' }, ({ http }) =>
    text(`3 open invoices, for the application ${http?.authInfo?.clientId}`),
  )
  billing.registerTool(
    'payouts.create',
    { description: 'Pays an invoice', inputSchema: payout },
    ({ amount }, { http }) => {
      // What a rule cannot say, because it depends on the arguments.
      return amount <= 1_000 || mayPayMuch(http?.req)
        ? text(`paid ${amount}`)
        : { ...text('A mandate with billing:payout:large may pay more than 1000.'), isError: true }
    },
  )
  billing.registerTool('invoices.delete', { description: NOT_LISTED }, () => text('deleted'))
  billing.registerTool(
    'invoices.watch',
    { description: 'Tells of every new invoice for a minute' },
    async ({ mcpReq }) => {
      const { progressToken = 0 } = mcpReq._meta ?? {}
      for (let progress = 1; progress <= 600 && !mcpReq.signal.aborted; progress++) {
        await mcpReq.notify({ method: 'notifications/progress', params: { progressToken, progress } })
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      return text('watched for a minute')
    },
  )
  billing.registerTool(
    'sessions.revoke',
    { description: 'Revokes an agent session', inputSchema: session },
    async ({ session_id }) => {
      await revocations.markRevoked(session_id)
      return text('revoked')
    },
  )
  return billing
})
