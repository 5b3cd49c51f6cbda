// Pages that call an MCP server: which may, their preflights, and that they can read the answers.

import { guardMcp } from 'caracal-edge/mcp'
import { describe, expect, it } from 'vitest'
import { call, errorIn, issuer, mandate, post, RESOURCE, serverWith } from '../support/mcp.ts'
import { anonymous } from '../support/requests.ts'

const PAGE = 'https://app.example'
const OPTIONS = {
  tools: { a: {} },
  allowedOrigins: [PAGE, 'http://localhost:6274', 'tauri://localhost'],
} as const
const READABLE = 'Mcp-Session-Id, Mcp-Protocol-Version, WWW-Authenticate, Retry-After'

function preflight(origin: string, headers: Readonly<Record<string, string>> = {}): Request {
  return new Request(RESOURCE, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', ...headers },
  })
}

describe('a page of an origin that is allowed', () => {
  it.each([...OPTIONS.allowedOrigins, 'https://billing.example'])(
    '%s calls, and reads the answer',
    async (origin) => {
      const { fetch } = serverWith(
        OPTIONS,
        () => new Response('served', { status: 202, headers: { vary: 'Accept', 'x-a': '1' } }),
      )
      const response = await fetch(await post(call('a'), { headers: { origin } }))
      expect(Object.fromEntries(response.headers)).toMatchObject({
        ...{ 'access-control-allow-origin': origin, 'access-control-expose-headers': READABLE },
        ...{ vary: 'Accept, Origin', 'x-a': '1' },
      })
      expect([response.status, await response.text()]).toEqual([202, 'served'])
    },
  )

  it.each([
    { title: 'a 401', options: { token: '' }, status: 401 },
    { title: 'a 403', options: { tool: 'b' }, status: 403 },
    { title: 'a 400', options: { headers: { 'mcp-name': 'x' } }, status: 400 },
  ])('reads $title', async ({ options, status }) => {
    const { fetch } = serverWith(OPTIONS)
    const {
      headers = {},
      tool = 'a',
      ...more
    } = options as { headers?: Record<string, string>; tool?: string; token?: string }
    const response = await fetch(await post(call(tool), { ...more, headers: { origin: PAGE, ...headers } }))
    expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([status, PAGE])
  })

  it('has its preflight answered without a mandate, and without the server', async () => {
    const { fetch, served } = serverWith(OPTIONS)
    const asked = 'authorization,content-type, MCP-Param-Region ,x-evil,mcp-param-"x"'
    const response = await fetch(preflight(PAGE, { 'access-control-request-headers': asked }))
    expect(response.status).toBe(204)
    const allowed = response.headers.get('access-control-allow-headers')?.split(', ')
    expect(allowed).toEqual(
      expect.arrayContaining(['authorization', 'content-type', 'mcp-session-id', 'mcp-param-region']),
    )
    expect(allowed?.filter((name) => /evil|"/.test(name))).toEqual([])
    expect(response.headers.get('access-control-allow-methods')).toBe('GET, POST, DELETE')
    expect(response.headers.get('access-control-allow-origin')).toBe(PAGE)
    expect(served).toEqual([])
  })

  it('is told of the header that holds the mandate', async () => {
    const { fetch } = serverWith({ ...OPTIONS, credentialHeader: 'X-Caracal-Identity' })
    const allowed = (await fetch(preflight(PAGE))).headers.get('access-control-allow-headers')
    expect(allowed).toMatch(/^X-Caracal-Identity, /)
  })

  it('gets what the server itself says of it, if it does', async () => {
    const { fetch } = serverWith(
      OPTIONS,
      () => new Response(null, { headers: { 'access-control-allow-origin': '*' } }),
    )
    const response = await fetch(await post(call('a'), { headers: { origin: PAGE } }))
    expect([response.headers.get('access-control-allow-origin'), response.headers.get('vary')]).toEqual([
      '*',
      null,
    ])
  })
})

describe('a page of any other origin', () => {
  const OTHERS = [
    'https://evil.test',
    'null',
    'http://app.example',
    'https://app.example:8443',
    'https://APP.example',
    `${PAGE}, ${PAGE}`,
    '',
  ]

  it.each(OTHERS)('%j is refused, with a mandate or without', async (origin) => {
    const { fetch, served } = serverWith(OPTIONS)
    for (const token of [await mandate(), '']) {
      const response = await fetch(await post(call('a'), { token, headers: { origin } }))
      expect([response.status, (await errorIn(response)).error.data.error]).toEqual([
        403,
        'origin_not_allowed',
      ])
      expect(response.headers.has('access-control-allow-origin')).toBe(false)
    }
    expect((await fetch(preflight(origin))).status).toBe(403)
    expect(served).toEqual([])
  })

  it('is refused where no origin is allowed but that of the resource', async () => {
    const { fetch } = serverWith({ tools: { a: {} } })
    expect((await fetch(await post(call('a'), { headers: { origin: PAGE } }))).status).toBe(403)
    expect(
      (await fetch(await post(call('a'), { headers: { origin: 'https://billing.example' } }))).status,
    ).toBe(200)
  })
})

it('on an excluded path, anybody may do anything, and the handler is given neither mandate nor message', async () => {
  const contexts: unknown[] = []
  const fetch = guardMcp(
    (_, context) => {
      contexts.push(context)
      return new Response()
    },
    { ...issuer.options, resource: RESOURCE, exclude: ['/healthz'] },
  )
  const response = await fetch(
    anonymous('/healthz', { method: 'PUT', body: '[', headers: { origin: 'https://evil.test' } }),
  )
  expect([response.status, response.headers.has('access-control-allow-origin')]).toEqual([200, false])
  expect(contexts).toEqual([{ caracal: undefined, authority: undefined, mcp: undefined }])
})
