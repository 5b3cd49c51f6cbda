// The options of guardMcp: their mistakes, their environments, and that they are read once.

import { guardMcp, type McpOptions } from 'caracal-edge/mcp'
import { describe, expect, it, vi } from 'vitest'
import { messageOf, untyped, VALID } from '../mistakes/attempt.ts'
import { call, issuer, message, post, RESOURCE } from '../support/mcp.ts'
import type { Mistake } from '../support/mistake.ts'

const COMPLETE: McpOptions = { ...VALID, resource: RESOURCE }
const handler = () => new Response()

const MISTAKES: readonly Mistake[] = [
  { options: { resource: 'billing.example/mcp' }, says: ['resource must be a complete URL'] },
  { options: { resource: 'http://hunter2.example/mcp' }, says: ['resource must be an https: URL'] },
  { options: { resource: 'https://hunter2.example/mcp?x' }, says: ['resource must not contain a query'] },
  { options: { resource: 'https://hunter2.example/#x' }, says: ['resource must not contain a fragment'] },
  { options: { resource: undefined }, says: ['resource is undefined'] },
  { options: { resource: 7 }, says: ['resource must be a string, not a number'] },
  {
    options: { tools: ['list'] },
    says: ['tools must be an object of tool → requirements, not a list', "write { '…': {} }"],
  },
  { options: { tools: 'list' }, says: ['tools must be an object of tool → requirements, not a string'] },
  { options: { tools: new Map() }, says: ['tools must be an object of tool → requirements, not a Map'] },
  { options: { tools: { list: true } }, says: ['tools["list"] must be an object, not a boolean: write {}'] },
  {
    options: { tools: { list: false } },
    says: ['tools["list"] must be an object, not a boolean: leave a tool out'],
  },
  {
    options: { tools: { list: ['read'] } },
    says: ['tools["list"] must be an object, not a list: for scopes, write { requiredScopes: [\'…\'] }'],
  },
  { options: { tools: { list: undefined } }, says: ['tools["list"] must be an object, not undefined'] },
  {
    options: { tools: { list: { scopes: ['hunter2'] } } },
    says: ['Unknown option "scopes" in tools["list"]. Did you mean "requiredScopes"?'],
  },
  {
    options: { tools: { list: { requiredScopes: 'hunter2' } } },
    says: ['tools["list"].requiredScopes must be a list of strings, not a string'],
  },
  {
    options: { tools: { list: { maxHopCount: -1 } } },
    says: ['tools["list"].maxHopCount must be a whole number'],
  },
  { options: { tools: { list: {}, List: {} } }, says: ['tools["List"] is another spelling of "list"'] },
  {
    options: { tools: { 'list ': {} } },
    says: ['tools["list "]: the key must not begin or end with white space'],
  },
  { options: { tools: { '': {} } }, says: ['tools[""]: the key must not be empty'] },
  { options: { tools: { ['x'.repeat(257)]: {} } }, says: ['the key must not be longer than 256 characters'] },
  { options: { tools: { [Symbol('hunter2')]: {} } }, says: ['tools must not have a symbol as a key'] },
  { options: { otherTools: true }, says: ['otherTools must be an object, not a boolean'] },
  { options: { otherTools: { audience: 'hunter2' } }, says: ['Unknown option "audience" in otherTools'] },
  {
    options: { methods: { 'Tools/Call': {} } },
    says: ['methods["Tools/Call"] is another spelling of "tools/call"'],
  },
  ...[
    ['tools/calls', 'tools/call'],
    ['tool/call', 'tools/call'],
    ['tools.list', 'tools/list'],
    ['server/discovery', 'server/discover'],
    ['notifications/canceled', 'notifications/cancelled'],
  ].map(([name, meant]) => ({
    options: { methods: { [String(name)]: {} } },
    says: [`methods["${name}"] is almost "${meant}", to which the rule would not apply`],
  })),
  {
    options: { methods: ['ping'] },
    says: ['methods must be an object of method → requirements, not a list'],
  },
  {
    options: { maxBodyBytes: '4mb' },
    says: ['maxBodyBytes must be a whole number of bytes, 1 or more, not a string'],
  },
  { options: { maxBodyBytes: 0 }, says: ['maxBodyBytes must be a whole number of bytes'] },
  {
    options: { allowedOrigins: '*' },
    says: ["allowedOrigins must be a list of origins, not a string: write ['…']"],
  },
  { options: { allowedOrigins: ['*'] }, says: ['allowedOrigins[0] must be one origin, without *'] },
  {
    options: { allowedOrigins: ['https://*.hunter2.example'] },
    says: ['allowedOrigins[0] must be one origin, without *'],
  },
  ...[
    'https://hunter2.example/',
    'https://hunter2.example:443',
    'hunter2.example',
    'https://Hunter2.example',
  ].map((origin) => ({
    ...{
      options: { allowedOrigins: [origin] },
      says: ['allowedOrigins[0] must be an origin as browsers send it'],
    },
  })),
  {
    options: { live: true },
    says: ['live must be an object, not a boolean: { recheckEveryMs: 30000 }, or false'],
  },
  { options: { live: { recheckEveryMs: 30 } }, says: ['live.recheckEveryMs must be 100 or more'] },
  { options: { live: { everyMs: 30 } }, says: ['Unknown option "everyMs" in live'] },
  { options: { tool: {} }, says: ['Unknown option "tool". Did you mean "tools"?'] },
  { options: { max_body_bytes: 1 }, says: ['Unknown option "max_body_bytes". Did you mean "maxBodyBytes"?'] },
  { options: { origins: [] }, says: ['Unknown option "origins". Did you mean "allowedOrigins"?'] },
]

describe('an invalid option', () => {
  it.each(MISTAKES)('$says', async ({ options, says }) => {
    const said = await messageOf(() => untyped(guardMcp)(handler, { ...COMPLETE, ...options }))
    for (const text of says) expect(said).toContain(text)
    expect(said).not.toContain('hunter2')
  })

  it('is named together with all others, those of the guard included', async () => {
    const { resource: _, revocations: __, ...incomplete } = COMPLETE
    const said = await messageOf(() =>
      untyped(guardMcp)(handler, { ...incomplete, tools: [], requiredScopes: 'x' }),
    )
    for (const name of [
      'resource is missing',
      'revocations is missing',
      'tools must be',
      'requiredScopes must be',
    ])
      expect(said).toContain(name)
  })

  it('in withCaracal is no option', async () => {
    const { withCaracal } = await import('caracal-edge')
    expect(await messageOf(() => untyped(withCaracal)(handler, COMPLETE))).toContain(
      'Unknown option "resource"',
    )
  })

  it.each([
    {
      title: 'the server',
      make: () => untyped(guardMcp)({ fetch: handler }, COMPLETE),
      says: '(request, { mcp }) => server.fetch(request, mcp)',
    },
    {
      title: 'nothing',
      make: () => untyped(guardMcp)(handler),
      says: 'guardMcp(handler, options): it is undefined',
    },
    {
      title: 'options first',
      make: () => untyped(guardMcp)(COMPLETE, handler),
      says: 'it comes before the options, guardMcp(handler, options)',
    },
    {
      title: 'itself as fetch',
      make: () => untyped(guardMcp)(new Request('https://a.test')),
      says: 'so guardMcp itself was exported',
    },
  ])('$title in place of the arguments', async ({ make, says }) => {
    expect(await messageOf(make)).toContain(says)
  })
})

it('options are read once', async () => {
  const tools: Record<string, object> = { a: { requiredScopes: ['never'] } }
  const allowedOrigins = ['https://app.example']
  const fetch = guardMcp(handler, { ...issuer.options, resource: RESOURCE, tools, allowedOrigins })
  tools.a = {}
  tools.b = {}
  allowedOrigins.push('https://evil.test')
  expect((await fetch(await post(call('a')))).status).toBe(403)
  expect((await fetch(await post(call('b')))).status).toBe(403)
  expect(
    (await fetch(await post(message('ping'), { headers: { origin: 'https://evil.test' } }))).status,
  ).toBe(403)
})

interface Env {
  readonly TOOL: string
  readonly HOST: string
}

describe('an options function', () => {
  const perEnvironment = () => {
    const optionsFor = vi.fn(({ TOOL, HOST }: Env) => ({
      ...issuer.options,
      resource: `https://${HOST}/mcp`,
      tools: { [TOOL]: {} },
    }))
    const served: unknown[] = []
    const fetch = guardMcp((_, { mcp }, env: Env) => {
      served.push([mcp.authInfo.resource?.href, env.TOOL])
      return new Response()
    }, optionsFor)
    return { fetch, served, optionsFor }
  }

  it('gives each environment its own tools, resource and metadata', async () => {
    const { fetch, served, optionsFor } = perEnvironment()
    const [one, two] = [
      { TOOL: 'a', HOST: 'one.example' },
      { TOOL: 'b', HOST: 'two.example' },
    ]
    const statuses: number[] = []
    for (const env of [one, two, { ...one }, { ...two }]) {
      for (const tool of ['a', 'b']) statuses.push((await fetch(await post(call(tool)), env)).status)
    }
    expect(statuses).toEqual([200, 403, 403, 200, 200, 403, 403, 200])
    expect(served.slice(0, 2)).toEqual([
      ['https://one.example/mcp', 'a'],
      ['https://two.example/mcp', 'b'],
    ])
    expect(optionsFor).toHaveBeenCalledTimes(2)
    const metadata = await fetch(new Request('https://x/.well-known/oauth-protected-resource/mcp'), two)
    expect(await metadata.json()).toMatchObject({ resource: 'https://two.example/mcp' })
  })

  it('decides by the origins of the guard that admits, when one that could not be built before is built now', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const env: Env = { TOOL: 'a', HOST: 'https://one.example/mcp' }
    const handle = vi.fn(handler)
    let isBroken = true
    const fetch = guardMcp(handle, ({ HOST }: Env) => {
      if (isBroken) throw new Error('not yet')
      return { ...issuer.options, resource: HOST, tools: { a: {} } }
    })
    const fromPage = () => post(call('a'), { headers: { origin: 'https://evil.test' } })
    expect((await fetch(await fromPage(), env)).status).toBe(500)
    isBroken = false
    const now = Date.now()
    const request = await fromPage()
    let looks = 0
    // The pause before it is built again ends within the request.
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => now + (looks++ === 0 ? 59_000 : 61_000))
    expect((await fetch(request, env)).status).toBe(403)
    expect(handle).not.toHaveBeenCalled()
    clock.mockRestore()
    log.mockRestore()
  })

  it('with a mistake is a 500 for everybody, and logged', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const fetch = guardMcp(handler, (env: Env) => ({ ...issuer.options, resource: env.HOST }))
    const requests = [
      await post(call('a')),
      new Request('https://x/.well-known/oauth-protected-resource/mcp'),
    ]
    for (const request of requests) {
      expect((await fetch(request, { TOOL: 'a', HOST: 'no-url' })).status).toBe(500)
    }
    expect(log.mock.calls.map(([line]) => String(line)).join()).toContain('resource must be a complete URL')
    log.mockRestore()
  })
})

it('variables of the environment complete the options, for each environment', async () => {
  const { audience: _, ...options } = issuer.options
  const fetch = guardMcp(
    (_request, _context, _env: object) => new Response(),
    () => ({ ...options, resource: RESOURCE, tools: { a: {} } }),
  )
  const ask = async (audience: string) =>
    (await fetch(await post(call('a')), { CARACAL_AUDIENCE: audience })).status
  expect([await ask(issuer.options.audience), await ask('resource://other')]).toEqual([200, 401])
})

it('warmup fetches the keys', async () => {
  await guardMcp(handler, { ...issuer.options, resource: RESOURCE }).warmup()
})
