// The metadata of a protected resource (RFC 9728): where it is served, and what it says.

import { type ProtectedResourceOptions, protectedResource } from 'caracal-edge/mcp'
import { describe, expect, it } from 'vitest'
import { issuer, RESOURCE, serverWith } from '../support/mcp.ts'

const PLACE = 'https://billing.example/.well-known/oauth-protected-resource/mcp'
const OPTIONS = { resource: RESOURCE, authorizationServers: ['https://sts.example'] } as const

const RULES = {
  requiredScopes: ['billing:read'],
  tools: { list: {}, pay: { requiredScopes: ['billing:payout', 'billing:read'] } },
  otherTools: { requiredScopes: ['any'] },
  methods: { 'resources/read': { requiredScopes: ['files'] } },
} as const

const SCOPES = ['billing:read', 'any', 'billing:payout', 'files']

const served = async (
  fetch: (request: Request) => Response | Promise<Response>,
  url = PLACE,
  init?: RequestInit,
) => {
  const response = await fetch(new Request(url, init))
  return {
    response,
    document: response.status === 200 && init?.method !== 'HEAD' ? await response.json() : undefined,
  }
}

describe('by guardMcp', () => {
  it('without a mandate, from configured values alone', async () => {
    const { fetch } = serverWith(RULES)
    const { response, document } = await served(fetch)
    expect(document).toEqual({
      ...{ resource: RESOURCE, authorization_servers: [issuer.options.issuer], scopes_supported: SCOPES },
      bearer_methods_supported: ['header'],
    })
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(response.headers.get('content-type')).toBe('application/json')
  })

  it('whatever host the request names, and to pages of any origin', async () => {
    const { fetch } = serverWith(RULES)
    const url = PLACE.replace('billing.example', 'internal:8080')
    const { document } = await served(fetch, url, {
      headers: { origin: 'https://evil.test', host: 'evil.test' },
    })
    expect(document).toMatchObject({ resource: RESOURCE })
  })

  it('of another header, says that no bearer method is supported', async () => {
    const { document } = await served(serverWith({ credentialHeader: 'X-Caracal-Identity' }).fetch)
    expect(document).toMatchObject({ bearer_methods_supported: [] })
  })

  it('also where resourceMetadata says, which the challenge then names, so that a mounted server can serve it', async () => {
    const resourceMetadata = 'https://billing.example/mcp/metadata'
    const { fetch } = serverWith({ resourceMetadata })
    expect((await served(fetch, resourceMetadata)).document).toMatchObject({ resource: RESOURCE })
    expect((await served(fetch)).document).toMatchObject({ resource: RESOURCE })
    const refused = await fetch(new Request(RESOURCE, { method: 'POST' }))
    expect(refused.headers.get('www-authenticate')).toContain(`resource_metadata="${resourceMetadata}"`)
  })

  it.each([
    ...[
      'https://billing.example/.well-known/oauth-protected-resource',
      `${PLACE}/x`,
      `${PLACE}x`,
      `${PLACE}/`,
    ],
    ...['https://billing.example/mcp/.well-known/oauth-protected-resource', PLACE.replace('mcp', 'MCP')],
    ...['https://other.example/elsewhere', 'https://billing.example/.well-known/oauth-authorization-server'],
  ])('and nowhere else: %s is a 401', async (url) => {
    const { fetch } = serverWith({ resourceMetadata: 'https://other.example/elsewhere' })
    expect((await served(fetch, url)).response.status).toBe(401)
  })
})

describe('by protectedResource', () => {
  it.each([
    { options: OPTIONS, says: {} },
    { options: { ...OPTIONS, ...RULES }, says: { scopes_supported: SCOPES } },
    { options: { ...OPTIONS, ...RULES, scopesSupported: ['a'] }, says: { scopes_supported: ['a'] } },
    {
      options: { ...OPTIONS, resourceName: 'Billing', resourceDocumentation: 'https://billing.example/docs' },
      says: { resource_name: 'Billing', resource_documentation: 'https://billing.example/docs' },
    },
  ])('says $says', async ({ options, says }) => {
    const { document } = await served(protectedResource(options))
    expect(document).toEqual({
      ...{
        resource: RESOURCE,
        authorization_servers: ['https://sts.example'],
        bearer_methods_supported: ['header'],
      },
      ...says,
    })
  })

  it.each([
    { resource: 'https://a.example', path: '/.well-known/oauth-protected-resource' },
    { resource: 'https://a.example/', path: '/.well-known/oauth-protected-resource' },
    { resource: 'https://a.example/mcp', path: '/.well-known/oauth-protected-resource/mcp' },
    { resource: 'https://a.example/mcp/', path: '/.well-known/oauth-protected-resource/mcp/' },
    { resource: 'http://localhost:8787/t/1/mcp', path: '/.well-known/oauth-protected-resource/t/1/mcp' },
  ])('of $resource at $path', async ({ resource, path }) => {
    const metadata = protectedResource({ ...OPTIONS, resource })
    const { document } = await served(metadata, `https://a.example${path}`)
    expect(document).toMatchObject({ resource })
    for (const other of ['/', '/mcp', `${path}/x`]) {
      expect((await served(metadata, `https://a.example${other}`)).response.status).toBe(404)
    }
  })

  it('HEAD has the same headers and no body', async () => {
    const metadata = protectedResource(OPTIONS)
    const [get, head] = [await served(metadata), await served(metadata, PLACE, { method: 'HEAD' })]
    expect([...head.response.headers]).toEqual([...get.response.headers])
    expect([head.response.status, await head.response.text()]).toEqual([200, ''])
  })

  it('a preflight is answered, and any other method is a 405', async () => {
    const metadata = protectedResource(OPTIONS)
    const preflight = await metadata(new Request(PLACE, { method: 'OPTIONS' }))
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([204, '*'])
    const post = await metadata(new Request(PLACE, { method: 'POST' }))
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS'])
  })

  it.each<{ options: Readonly<Record<string, unknown>>; says: readonly string[] }>([
    { options: {}, says: ['resource is missing', 'authorizationServers is missing'] },
    {
      options: { ...OPTIONS, authorizationServers: [] },
      says: ['authorizationServers must name at least one'],
    },
    {
      options: { ...OPTIONS, authorizationServers: ['http://sts.example'] },
      says: ['authorizationServers[0] must be an https: URL'],
    },
    { options: { ...OPTIONS, scopes_supported: [] }, says: ['Did you mean "scopesSupported"?'] },
    { options: { ...OPTIONS, authorization_servers: [] }, says: ['Did you mean "authorizationServers"?'] },
    {
      options: { ...OPTIONS, resourceDocumentation: 'docs' },
      says: ['resourceDocumentation must be a complete URL'],
    },
    {
      options: { ...OPTIONS, tools: [] },
      says: ['tools must be an object of tool → requirements, not a list'],
    },
  ])('$says', ({ options, says }) => {
    for (const text of says) {
      expect(() => protectedResource(options as unknown as ProtectedResourceOptions)).toThrow(text)
    }
  })
})
