// Every answer of `guardMcp` that is a refusal is an event: the last event of a request says what was answered.

import type { CallRefusal, DecisionEvent } from 'caracal-edge'
import type { McpOptions } from 'caracal-edge/mcp'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { call, errorIn, mandate, message, post, RESOURCE, serverWith } from '../support/mcp.ts'

const RULES = {
  tools: { listed: {}, strict: { requiredScopes: ['admin'] } },
  allowedOrigins: ['https://a.example'],
}

afterEach(() => {
  vi.restoreAllMocks()
})

async function answered(request: Request, options: Partial<McpOptions> = {}) {
  const events: DecisionEvent[] = []
  const requests = new Set<Request | undefined>()
  const { fetch } = serverWith({
    ...RULES,
    ...options,
    onDecision: (event, of) => {
      events.push(event)
      requests.add(of)
    },
  })
  const response = await fetch(request)
  expect([...requests]).toEqual([request])
  return { response, events }
}

const text = (body: string, headers: Record<string, string> = {}) => post(body, { headers })

/** A request for each refusal. */
const REFUSED: { readonly [Reason in CallRefusal]: () => Promise<Request> } = {
  not_json: () => text('{'),
  too_deep: () => text('['.repeat(100) + ']'.repeat(100)),
  inexact_number: () =>
    post(message('ping', { n: 1 })).then(({ headers }) =>
      text('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"n":9007199254740993}}', {
        'content-type': headers.get('content-type') ?? '',
      }),
    ),
  unsafe_text: () => text('{"jsonrpc":"2.0","id":1,"method":"ping","params":{"__proto__":1}}'),
  batch: () => text('[]'),
  not_a_message: () => text('{}'),
  unknown_member: () => post({ ...message('ping'), extra: 1 }),
  other_spelling: () => post(call('LISTED')),
  invalid_params: () => post(message('tools/call', { name: 7 })),
  header_mismatch: () => post(call('listed'), { headers: { 'mcp-name': 'other' } }),
  invalid_session_id: () => post(call('listed'), { headers: { 'mcp-session-id': 'a b' } }),
  unexpected_body: async () => withMethod('DELETE', { body: 'x' }),
  unexpected_upgrade: async () => withMethod('GET', { headers: { upgrade: 'websocket' } }),
  unlisted_tool: () => post(call('unlisted')),
  unlisted_method: () => post(message('unheard/of')),
  origin_not_allowed: () => post(call('listed'), { headers: { origin: 'https://b.example' } }),
  unknown_session: () => post(call('listed'), { headers: { 'mcp-session-id': 'session-7' } }),
  method_not_allowed: async () => withMethod('PUT'),
  too_large: () => post(message('ping', { text: 'x'.repeat(3_000) })),
  wrong_content: () => text('{}', { 'content-type': 'text/plain' }),
}

async function withMethod(method: string, init: RequestInit = {}): Promise<Request> {
  const headers = new Headers(init.headers)
  headers.set('authorization', `Bearer ${await mandate()}`)
  return new Request(RESOURCE, { ...init, method, headers })
}

/** It takes a session of somebody else: see below. */
const ALONE = Object.entries(REFUSED).filter(([reason]) => reason !== 'unknown_session')

describe.each(ALONE)('%s', (reason, make) => {
  it('is an event after that of the admission', async () => {
    const { response, events } = await answered(await make(), { maxBodyBytes: 2_048 })
    const { error } = await errorIn(response)
    expect(error.data.error).toBe(reason)
    expect(events).toMatchObject([
      { outcome: 'admit' },
      {
        ...{ outcome: 'deny', code: reason, reason, status: response.status, step: 'message' },
        ...{ explanation: error.message, fault: undefined, requiredScopes: [], keyId: undefined },
        ...{ sub: 'user-1', zoneId: 'zone-1', clientId: 'app-1', jti: expect.any(String), hopCount: 1 },
      },
    ])
    expect(events.every((event) => Object.isFrozen(event))).toBe(true)
  })
})

it('a session of somebody else is an event too', async () => {
  const events: DecisionEvent[] = []
  const { fetch } = serverWith(
    { ...RULES, onDecision: (event) => events.push(event) },
    () => new Response(null, { headers: { 'mcp-session-id': 'session-7' } }),
  )
  const initialize = message('initialize', { protocolVersion: '2025-06-18', capabilities: {} })
  await fetch(await post(initialize, { token: await mandate({ claims: { sub: 'user-2' } }) }))
  expect((await fetch(await REFUSED.unknown_session())).status).toBe(404)
  expect(events.map((event) => (event.outcome === 'deny' ? event.reason : event.outcome))).toEqual([
    ...['admit', 'admit', 'unknown_session'],
  ])
})

it('a page that may not call is answered as such without a mandate too: two refusals, the last was answered', async () => {
  const request = await post(call('listed'), { token: '', headers: { origin: 'https://b.example' } })
  const { response, events } = await answered(request)
  expect(response.status).toBe(403)
  expect(events).toMatchObject([
    { reason: 'missing_token', status: 401, step: 'credential' },
    { reason: 'origin_not_allowed', status: 403, step: 'message', sub: undefined },
  ])
})

it('a tool whose requirements are not met is a denial as everywhere', async () => {
  const { events } = await answered(await post(call('strict')))
  expect(events).toMatchObject([
    { outcome: 'admit' },
    { reason: 'insufficient_scope', step: 'requirements', requiredScopes: ['admin'], status: 403 },
  ])
})

it('an unexpected error while a call is read is one', async () => {
  vi.spyOn(console, 'error').mockReturnValue()
  const request = await post(call('listed'))
  Object.defineProperty(request, 'body', {
    get() {
      throw new TypeError('hunter2')
    },
  })
  const { response, events } = await answered(request)
  expect(response.status).toBe(500)
  expect(events).toMatchObject([
    { outcome: 'admit' },
    { reason: 'server_error', status: 500, step: undefined },
  ])
})

it('the metadata and a preflight are none: nothing is decided', async () => {
  const onDecision = vi.fn()
  const { fetch } = serverWith({ ...RULES, onDecision })
  await fetch(new Request('https://billing.example/.well-known/oauth-protected-resource/mcp'))
  const headers = { origin: 'https://a.example', 'access-control-request-method': 'POST' }
  await fetch(new Request(RESOURCE, { method: 'OPTIONS', headers }))
  expect(onDecision).not.toHaveBeenCalled()
})
