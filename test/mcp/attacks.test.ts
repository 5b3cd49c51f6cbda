// Attacks on real MCP servers, and on servers as other languages write them: none runs a tool that the guard did not judge.

import { guardMcp, type McpOptions } from 'caracal-edge/mcp'
import { describe, expect, it } from 'vitest'
import { issuer, mandate, RESOURCE } from '../core/support/mcp.ts'
import { ATTACKS, type Attack } from './attacks.ts'
import { SERVERS, type Server } from './servers.ts'

const NEVER = { requiredScopes: ['never'] }

const RULES: readonly { readonly title: string; readonly rules: Partial<McpOptions> }[] = [
  { title: 'rules for both tools', rules: { tools: { safe: {}, danger: NEVER } } },
  {
    title: 'a rule for danger, and one for other tools',
    rules: { tools: { danger: NEVER }, otherTools: {} },
  },
  { title: 'no rule for danger', rules: { tools: { safe: {} } } },
]

async function requestOf({ body, headers, query = '' }: Attack): Promise<Request> {
  const all = new Headers({
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    authorization: `Bearer ${await mandate()}`,
  })
  for (const [name, value] of Object.entries(headers ?? {})) all.set(name, value)
  const sent = typeof body === 'string' ? body : new Uint8Array(body)
  return new Request(RESOURCE + query, { method: 'POST', headers: all, body: sent })
}

/** What a server runs behind a guard with these rules. */
type Guarded = (attack: Attack) => Promise<{ readonly ran: readonly string[]; readonly status: number }>

function guarded(server: Server, rules: Partial<McpOptions>): Guarded {
  let ran: readonly string[] = []
  const fetch = guardMcp(
    async (request, { mcp }) => {
      ran = await server(request, mcp?.parsedBody)
      return new Response()
    },
    { ...issuer.options, resource: RESOURCE, ...rules },
  )
  return async (attack) => {
    ran = []
    const { status } = await fetch(await requestOf(attack))
    return { ran, status }
  }
}

const servers = Object.entries(SERVERS)
const sets = RULES.map(({ title, rules }) => ({
  title,
  behind: servers.map(([name, server]) => ({ name, attack: guarded(server, rules) })),
}))

const fooledBy = new Map(servers.map(([name]) => [name, 0]))

describe.each(ATTACKS)('$title', (attack) => {
  it('does something where there is no guard', async () => {
    const fooled: string[] = []
    for (const [name, server] of servers) {
      const ran = await server(await requestOf(attack), undefined)
      if (ran.includes('danger')) fooled.push(name)
    }
    for (const name of fooled) fooledBy.set(name, (fooledBy.get(name) ?? 0) + 1)
    expect(fooled.length > 0).toBe(attack.foolsNobody === undefined)
  })

  it.each(sets)('does nothing with $title', async ({ behind }) => {
    const ran: string[] = []
    for (const { name, attack: send } of behind) {
      const { ran: tools } = await send(attack)
      ran.push(...tools.filter((tool) => tool !== 'safe').map((tool) => `${name}: ${tool}`))
    }
    expect(ran).toEqual([])
  })
})

it('every server falls for some attack', () => {
  expect([...fooledBy].filter(([, times]) => times === 0)).toEqual([])
})

it('a plain call of the other tool is run by every server that reads bodies', async () => {
  const message = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'safe' } }
  const headers = { 'mcp-method': 'tools/call', 'mcp-name': 'safe' }
  for (const { behind } of sets) {
    for (const { name, attack: send } of behind) {
      const answer = await send({ title: name, body: JSON.stringify(message), headers })
      expect([name, answer]).toEqual([name, { ran: ['safe'], status: 200 }])
    }
  }
})
