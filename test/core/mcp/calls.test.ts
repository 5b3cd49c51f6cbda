// Which calls reach an MCP server, and how the others are refused.

import { authorityOf, mandateOf } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { parseChallenge } from '../support/challenge.ts'
import { call, errorIn, issuer, mandate, message, post, RESOURCE, serverWith } from '../support/mcp.ts'

const METADATA = 'https://billing.example/.well-known/oauth-protected-resource/mcp'

const RULES = {
  requiredScopes: ['billing:read'],
  tools: {
    'invoices.list': {},
    'payouts.create': { requiredScopes: ['billing:payout'], requireDelegation: true, maxHopCount: 2 },
  },
  methods: { 'tools/call': { requiredScopes: ['tools'] }, 'resources/read': { requiredScopes: ['files'] } },
} as const

const DIRECT = {
  delegation_edge_id: undefined,
  delegation_path: undefined,
  delegation_chain: undefined,
  hop_count: undefined,
}

const holding = (scope: string, claims: object = {}) => mandate({ claims: { ...claims, scope } })

describe('a tool is judged by the requirements of guard, method and tool', () => {
  it.each([
    { tool: 'invoices.list', scope: 'billing:read tools', status: 200 },
    { tool: 'payouts.create', scope: 'billing:read tools billing:payout', status: 200 },
    {
      tool: 'invoices.list',
      scope: 'billing:read',
      status: 403,
      code: 'insufficient_scope',
      needs: 'billing:read tools',
    },
    {
      ...{ tool: 'payouts.create', scope: 'billing:read tools', status: 403, code: 'insufficient_scope' },
      needs: 'billing:read tools billing:payout',
    },
    {
      ...{ tool: 'payouts.create', scope: 'billing:read', status: 403, code: 'insufficient_scope' },
      needs: 'billing:read tools billing:payout',
    },
    {
      ...{ tool: 'payouts.create', scope: 'billing:read tools billing:payout', claims: DIRECT },
      ...{ status: 403, code: 'delegation_required' },
    },
    {
      ...{ tool: 'payouts.create', scope: 'billing:read tools billing:payout', claims: { hop_count: 3 } },
      ...{ status: 403, code: 'hop_count_exceeded' },
    },
    {
      tool: 'refunds.create',
      scope: 'billing:read tools billing:payout',
      status: 403,
      code: 'unlisted_tool',
    },
  ])('$tool with $scope: $status $code', async (given) => {
    const { tool, scope, status, code, needs } = given
    const claims = 'claims' in given ? given.claims : {}
    const { fetch, served } = serverWith(RULES)
    const response = await fetch(
      await post(call(tool, { id: 'a-7' }), { token: await holding(scope, claims) }),
    )
    expect(response.status).toBe(status)
    expect(served.map(({ mcp }) => mcp.parsedBody)).toEqual(status === 200 ? [call(tool, { id: 'a-7' })] : [])
    if (code === undefined) return
    const { jsonrpc, id, error } = await errorIn(response)
    expect({ jsonrpc, id, code: error.code, error: error.data.error, scope: error.data.scope }).toEqual({
      ...{ jsonrpc: '2.0', id: 'a-7', code: -32_010, error: code, scope: needs },
    })
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    if (code === 'unlisted_tool') return expect(response.headers.has('www-authenticate')).toBe(false)
    const { parameters } = parseChallenge(response.headers.get('www-authenticate'))
    expect([parameters.scope, parameters.resource_metadata]).toEqual(
      needs ? [needs, METADATA] : [undefined, undefined],
    )
  })

  it('a tool that is not listed meets otherTools', async () => {
    const { fetch, served } = serverWith({ tools: { a: {} }, otherTools: { requiredScopes: ['any'] } })
    const statuses = await Promise.all(
      ['a', 'b'].flatMap((tool) =>
        ['read', 'any'].map(
          async (scope) => (await fetch(await post(call(tool), { token: await holding(scope) }))).status,
        ),
      ),
    )
    expect(statuses).toEqual([200, 200, 403, 200])
    expect(served).toHaveLength(3)
  })

  it.each(['A', 'a ', ' a', 'a\0', '\0a', 'ａ', 'á', 'a\u200b', 'ᴬ'])(
    'a name that could be read as that of a listed tool does not meet otherTools: %j',
    async (tool) => {
      const { fetch, served } = serverWith({ tools: { a: { requiredScopes: ['never'] } }, otherTools: {} })
      const response = await fetch(await post(call(tool)))
      expect([response.status, (await errorIn(response)).error.data.error]).toEqual([400, 'other_spelling'])
      expect(served).toEqual([])
    },
  )

  it('a requirement that the mandate cannot meet by other scopes names none, and a 401 says invalid_token', async () => {
    const { fetch } = serverWith({ tools: { a: { requiredTargets: ['resource://other'] } } })
    const response = await fetch(await post(call('a')))
    expect([response.status, (await errorIn(response)).error.data.error]).toEqual([401, 'invalid_token'])
    expect(parseChallenge(response.headers.get('www-authenticate')).parameters.error).toBe('invalid_token')
  })

  it('every denial is an event, with the request as it came', async () => {
    const events: unknown[] = []
    const { fetch } = serverWith({
      tools: { a: { requiredScopes: ['never'] } },
      onDecision: (event, of) => events.push([event.outcome, of]),
    })
    const request = await post(call('a'))
    await fetch(request)
    expect(events).toEqual([
      ['admit', request],
      ['deny', request],
    ])
  })
})

describe('a method is refused unless it is harmless or has a rule', () => {
  it.each([
    ...['initialize', 'ping', 'server/discover', 'tools/list', 'prompts/list', 'resources/list'],
    ...['resources/templates/list', 'prompts/get'],
  ])('%s reaches the server', async (method) => {
    const { fetch, served } = serverWith({ methods: { 'prompts/get': {} } })
    expect((await fetch(await post(message(method)))).status).toBe(200)
    expect(served).toHaveLength(1)
  })

  it.each([
    ...['tasks/result', 'tasks/get', 'tasks/list', 'tasks/cancel', 'tasks/update', 'completion/complete'],
    ...['logging/setLevel', 'resources/read', 'resources/subscribe', 'subscriptions/listen', 'prompts/get'],
    ...['Ping', 'ping ', 'ping\0', 'tools/Call', 'tools/call\0', 'TOOLS/LIST', 'notifications/initialized'],
    ...['toString', '__proto__', 'sampling/createMessage'],
  ])('%j does not', async (method) => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    const response = await fetch(await post(message(method, { name: 'a' })))
    expect([response.status, (await errorIn(response)).error.data.error]).toEqual([403, 'unlisted_method'])
    expect(served).toEqual([])
  })

  it('with a rule, its requirements are asked, and all scopes told', async () => {
    const { fetch } = serverWith(RULES)
    const read = (scope: string) =>
      holding(scope).then((token) => post(message('resources/read', { uri: 'x:1' }), { token }))
    expect((await fetch(await read('billing:read files'))).status).toBe(200)
    const refused = await fetch(await read('billing:read'))
    expect([refused.status, (await errorIn(refused)).error.data.scope]).toEqual([403, 'billing:read files'])
  })

  it('a harmless one can have a rule, too', async () => {
    const { fetch } = serverWith({ methods: { 'tools/list': { requiredScopes: ['never'] } } })
    expect((await fetch(await post(message('tools/list')))).status).toBe(403)
  })
})

describe('what is not a request', () => {
  it.each([
    { title: 'a notification', body: { jsonrpc: '2.0', method: 'notifications/initialized' } },
    {
      title: 'a notification with params',
      body: { jsonrpc: '2.0', method: 'notifications/cancelled', params: { requestId: 1 } },
    },
    { title: "the client's result", body: { jsonrpc: '2.0', id: 's-1', result: { action: 'accept' } } },
    { title: "the client's error", body: { jsonrpc: '2.0', id: 7, error: { code: -1, message: 'no' } } },
    {
      title: 'an error without the id of a request',
      body: { jsonrpc: '2.0', id: null, error: { code: -1, message: 'no' } },
    },
  ])('$title passes', async ({ body }) => {
    const { fetch, served } = serverWith()
    expect((await fetch(await post(body))).status).toBe(200)
    expect(served.map(({ text }) => text)).toEqual([JSON.stringify(body)])
  })

  it.each(['notifications/Pay', 'NOTIFICATIONS/pay', 'notifications/PAY'])(
    'a notification %s is refused, which servers could take for the one with a rule',
    async (method) => {
      const rule = { requiredScopes: ['never'] }
      const { fetch, served } = serverWith({ methods: { 'notifications/pay': rule } })
      const response = await fetch(await post({ jsonrpc: '2.0', method }))
      expect([response.status >= 400, served]).toEqual([true, []])
      expect((await fetch(await post({ jsonrpc: '2.0', method: 'notifications/pay' }))).status).toBe(403)
      expect((await fetch(await post({ jsonrpc: '2.0', method: 'notifications/paid' }))).status).toBe(200)
    },
  )

  it('a call of a tool without an id is judged like one with it', async () => {
    const { fetch, served } = serverWith({ tools: { a: { requiredScopes: ['never'] } } })
    const response = await fetch(await post({ jsonrpc: '2.0', method: 'tools/call', params: { name: 'a' } }))
    expect([response.status, (await errorIn(response)).id]).toEqual([403, null])
    expect(served).toEqual([])
  })

  it.each(['GET', 'DELETE'])('%s passes without a body', async (method) => {
    const { fetch, served } = serverWith()
    const headers = { authorization: `Bearer ${await mandate()}`, accept: 'text/event-stream' }
    const request = new Request(RESOURCE, { method, headers })
    expect((await fetch(request)).status).toBe(200)
    expect(served[0]?.request).toBe(request)
    expect(served[0]?.mcp).toMatchObject({ parsedBody: undefined, authInfo: { clientId: 'app-1' } })
  })

  it.each(['PUT', 'PATCH', 'HEAD', 'OPTIONS', 'QUERY'])('%s is a 405 for a mandate', async (method) => {
    const { fetch, served } = serverWith()
    const response = await fetch(
      new Request(RESOURCE, { method, headers: { authorization: `Bearer ${await mandate()}` } }),
    )
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, DELETE'])
    expect(served).toEqual([])
  })

  it.each(['POST', 'GET', 'DELETE', 'PUT', 'HEAD', 'OPTIONS'])('%s is a 401 without one', async (method) => {
    const { fetch } = serverWith()
    const response = await fetch(new Request(RESOURCE, { method }))
    const { parameters } = parseChallenge(response.headers.get('www-authenticate'))
    expect([response.status, parameters.resource_metadata]).toEqual([401, METADATA])
  })
})

describe('the server is given', () => {
  it('a request that mandateOf and authorityOf know, with headers and URL as they came', async () => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    const request = await post(call('a'), {
      headers: { 'mcp-session-id': 's-1', accept: 'text/event-stream' },
    })
    await fetch(request)
    const [one] = served
    if (one === undefined) throw new Error('Nothing was served.')
    expect(mandateOf(one.request)?.sub).toBe('user-1')
    expect(authorityOf(one.request)?.meets({ requiredScopes: ['never'] })?.code).toBe('insufficient_scope')
    expect([one.request.url, one.request.method]).toEqual([RESOURCE, 'POST'])
    for (const name of ['authorization', 'mcp-session-id', 'accept'])
      expect(one.request.headers.get(name)).toBe(request.headers.get(name))
  })

  it('who calls, as the SDKs take it', async () => {
    const { fetch, served } = serverWith({ tools: { a: {} } })
    const token = await mandate()
    await fetch(await post(call('a'), { token }))
    const { authInfo } = served[0]?.mcp ?? {}
    expect(authInfo).toEqual({
      ...{ token, clientId: 'app-1', scopes: ['read', 'write'], expiresAt: expect.any(Number) },
      ...{ resource: new URL(RESOURCE), resourceMetadataUrl: METADATA },
      extra: { caracal: served[0] && mandateOf(served[0].request) },
    })
    expect(Object.isFrozen(authInfo?.scopes)).toBe(false)
  })

  it('the token of another header, if the guard reads it there', async () => {
    const { fetch, served } = serverWith({ credentialHeader: 'X-Caracal-Identity', tools: { a: {} } })
    const token = await mandate()
    await fetch(await post(call('a'), { token: '', headers: { 'x-caracal-identity': token } }))
    expect(served[0]?.mcp.authInfo.token).toBe(token)
  })
})

it('a revoked mandate is a 401 before the body is read, and a store that fails a 503', async () => {
  const { fetch, served } = serverWith({
    revocations: { lookup: () => ({ revoked: true, delegationEpoch: 0 }) },
    tools: { a: {} },
  })
  const request = await post(call('a'))
  expect((await fetch(request)).status).toBe(401)
  expect(request.bodyUsed).toBe(false)
  const failing = serverWith({
    ...issuer.options,
    revocations: { lookup: () => Promise.reject(new Error()) },
    onDecision() {},
  })
  expect((await failing.fetch(await post(call('a')))).status).toBe(503)
  expect([...served, ...failing.served]).toEqual([])
})
