// Headers of a request to an MCP server that say how to read the body, or what is in it.

import { describe, expect, it } from 'vitest'
import { call, errorIn, mandate, message, post, RESOURCE, serverWith } from '../support/mcp.ts'

describe('the body is read only as plain JSON', () => {
  it.each([
    ...[
      'application/json',
      'APPLICATION/JSON',
      'application/json;charset=utf-8',
      'application/json; charset="UTF-8"',
    ],
  ])('%s', async (type) => {
    const { fetch } = serverWith({ tools: { a: {} } })
    expect((await fetch(await post(call('a'), { headers: { 'content-type': type } }))).status).toBe(200)
  })

  it.each([
    ...[
      '',
      'text/plain',
      'text/plain, application/json',
      'application/json, text/plain',
      'application/jsonp',
    ],
    ...[
      'application/json; charset=utf-16',
      'application/json; charset=utf-8; charset=utf-7',
      'application/*',
    ],
    ...['application/vnd.api+json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'],
    ...['application/json-rpc', 'application/json; x=1', 'text/json'],
  ])('not as %j: 415', async (type) => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    const request = await post(call('a'), { headers: { 'content-type': type } })
    const response = await fetch(request)
    expect([response.status, (await errorIn(response)).error.data.error]).toEqual([415, 'wrong_content'])
    expect([request.bodyUsed, served.length]).toEqual([false, 0])
  })

  it.each(['gzip', 'br', 'identity', 'gzip, identity', 'utf-7', ''])(
    'not with Content-Encoding %j: 415',
    async (encoding) => {
      const { fetch, served } = serverWith({ tools: { a: {} } })
      const response = await fetch(await post(call('a'), { headers: { 'content-encoding': encoding } }))
      expect([response.status, served.length]).toEqual([415, 0])
    },
  )
})

const base64 = (text: string) => `=?base64?${btoa(String.fromCharCode(...new TextEncoder().encode(text)))}?=`
const VERSION = 'io.modelcontextprotocol/protocolVersion'
const versioned = (version: unknown) => message('tools/list', { _meta: { [VERSION]: version } })

const OPTIONS = {
  tools: { a: {}, über: {} },
  methods: { 'prompts/get': {}, 'resources/read': {}, 'tasks/get': {} },
} as const

describe('a header that lenient servers decode is refused, although it is the same text as in the body', () => {
  it.each([
    '=?base64?YQ?=',
    '=?base64?Y Q==?=',
    '=?BASE64?YQ==?=',
    '=?base64?YQ==',
    '=?base64?YQ-_?=',
    'über',
  ])('%s', async (name) => {
    const { fetch, served } = serverWith({ tools: { a: { requiredScopes: ['never'] } }, otherTools: {} })
    const response = await fetch(await post(call(name), { headers: { 'mcp-name': name } }))
    expect((await errorIn(response)).error.data.error).toBe('header_mismatch')
    expect([response.status, served]).toEqual([400, []])
    // Without the header, it is a name like any other.
    expect((await fetch(await post(call(name)))).status).toBe(200)
  })
})

describe('a WebSocket, whose messages nobody would judge, is refused', () => {
  it.each(['websocket', 'WebSocket', 'h2c, websocket'])('Upgrade: %s', async (upgrade) => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    const headers = { authorization: `Bearer ${await mandate()}`, connection: 'Upgrade', upgrade }
    const response = await fetch(new Request(RESOURCE, { headers }))
    expect([response.status, (await errorIn(response)).error.data.error]).toEqual([400, 'unexpected_upgrade'])
    expect(served).toEqual([])
  })

  it('but not the offer of another protocol that some clients make with every request', async () => {
    const { fetch } = serverWith({ tools: { a: {} } })
    expect((await fetch(await post(call('a'), { headers: { upgrade: 'h2c' } }))).status).toBe(200)
  })
})

describe('a header that repeats the body', () => {
  it.each([
    { body: call('a'), headers: { 'mcp-method': 'tools/call', 'mcp-name': 'a' } },
    { body: call('a'), headers: { 'mcp-name': base64('a') } },
    { body: call('über'), headers: { 'mcp-name': base64('über') } },
    {
      body: message('prompts/get', { name: 'p' }),
      headers: { 'mcp-method': 'prompts/get', 'mcp-name': 'p' },
    },
    { body: message('resources/read', { uri: 'x:1' }), headers: { 'mcp-name': 'x:1' } },
    { body: message('tasks/get', { taskId: 't' }), headers: { 'mcp-name': 't' } },
    { body: versioned('2026-07-28'), headers: { 'mcp-protocol-version': '2026-07-28' } },
    { body: message('tools/list'), headers: { 'mcp-protocol-version': '2025-11-25' } },
    { body: versioned('2026-07-28'), headers: {} },
    { body: { jsonrpc: '2.0', id: 1, result: {} }, headers: { 'mcp-protocol-version': '2025-11-25' } },
  ])('passes: $headers', async ({ body, headers }) => {
    const { fetch } = serverWith(OPTIONS)
    expect((await fetch(await post(body, { headers }))).status).toBe(200)
  })

  it.each<{ body: object; headers: Readonly<Record<string, string>> }>([
    { body: call('a'), headers: { 'mcp-method': 'tools/list' } },
    { body: call('a'), headers: { 'mcp-method': 'Tools/Call' } },
    { body: call('a'), headers: { 'mcp-method': 'tools/call, tools/list' } },
    { body: call('a'), headers: { 'mcp-method': '' } },
    { body: call('a'), headers: { 'mcp-name': 'safe' } },
    { body: call('a'), headers: { 'mcp-name': 'A' } },
    { body: call('a'), headers: { 'mcp-name': 'a, b' } },
    { body: call('a'), headers: { 'mcp-name': base64('b') } },
    { body: call('a'), headers: { 'mcp-name': '=?base64?YQ?=' } },
    { body: call('a'), headers: { 'mcp-name': '=?base64?/w==?=' } },
    { body: call('a'), headers: { 'mcp-name': '=?base64??=' } },
    { body: call('a'), headers: { 'mcp-name': '=?base64?Y Q==?=' } },
    { body: call('a', { params: { name: 'a', uri: 'u' } }), headers: { 'mcp-name': 'u' } },
    { body: message('prompts/get', { name: 'p' }), headers: { 'mcp-name': 'q' } },
    { body: message('resources/read', { uri: 'x:1', name: 'n' }), headers: { 'mcp-name': 'n' } },
    { body: message('tasks/get', { taskId: 't' }), headers: { 'mcp-name': 'u' } },
    { body: message('tools/list'), headers: { 'mcp-name': 'a' } },
    { body: message('tools/list', { name: 'a' }), headers: { 'mcp-name': 'a' } },
    // Headers that cannot be read, where the body has no name: a lenient server could read one in them.
    ...['=?BASE64?YQ==?=', '=?base64?YQ?=', '=?base64?/w==?=', 'über'].flatMap((name) => [
      { body: message('tools/list'), headers: { 'mcp-name': name } },
      { body: { jsonrpc: '2.0', id: 1, result: {} }, headers: { 'mcp-name': name } },
    ]),
    { body: versioned('2026-07-28'), headers: { 'mcp-protocol-version': '2025-11-25' } },
    { body: versioned(20260728), headers: { 'mcp-protocol-version': '20260728' } },
    { body: { jsonrpc: '2.0', id: 1, result: {} }, headers: { 'mcp-method': 'tools/call' } },
    { body: { jsonrpc: '2.0', id: 1, result: {} }, headers: { 'mcp-name': 'a' } },
  ])('is refused where it contradicts: $headers', async ({ body, headers }) => {
    const { fetch, served } = serverWith(OPTIONS)
    const response = await fetch(await post(body, { headers }))
    const { id, error } = await errorIn(response)
    expect([response.status, id, error.code, error.data.error]).toEqual([400, 1, -32_020, 'header_mismatch'])
    expect(served).toEqual([])
  })
})
