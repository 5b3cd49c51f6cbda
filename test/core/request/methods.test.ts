// Rules by method: the longest prefix that has a key for the method, and there the key that names it.

import { createMandateVerifier, type ExcludedPath } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { EVERY_RULE, heldTo, notAskedOf, pathOptions } from '../support/path-rules.ts'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'

interface Table {
  readonly title: string
  /** Key → the scope that names its rule. */
  readonly routes?: Readonly<Record<string, string>>
  readonly exclude?: readonly ExcludedPath[]
  /** Method and path → the only rules. */
  readonly exactly: Readonly<Record<string, string>>
  /** Method and path → rules among others. */
  readonly atLeast?: Readonly<Record<string, string>>
}

const TABLES: readonly Table[] = [
  {
    title: 'a key with methods beats the one without on the same prefix',
    routes: { 'POST /payouts': 'post', 'PUT,PATCH /payouts': 'change', '/payouts': 'any' },
    exactly: {
      'POST /payouts': 'post',
      'POST /payouts/7': 'post',
      'PUT /payouts': 'change',
      'PATCH /payouts/7': 'change',
      'GET /payouts': 'any',
      'HEAD /payouts': 'any',
      'DELETE /payouts/7': 'any',
      'OPTIONS /payouts': 'any',
      'POST /payoutsx': 'default',
      'POST /x': 'default',
    },
  },
  {
    title: 'the prefix comes first, then the method',
    routes: { 'POST /a': 'post', '/a': 'a', '/a/b': 'ab', 'DELETE /a/b/c': 'delete' },
    exactly: {
      'POST /a': 'post',
      'POST /a/x': 'post',
      'POST /a/b': 'ab',
      'POST /a/b/c': 'ab',
      'DELETE /a/b/c/d': 'delete',
      'DELETE /a/b': 'ab',
      'DELETE /a': 'a',
      'GET /a/b/c': 'ab',
    },
  },
  {
    title: 'without a key for the method the enclosing rule applies',
    routes: { '/api': 'api', 'POST /api/payouts': 'post', 'PUT /x/y': 'put', 'GET /x': 'read' },
    exactly: {
      'POST /api/payouts/7': 'post',
      'DELETE /api/payouts/7': 'api',
      'GET /api/payouts': 'api',
      'PUT /x/y': 'put',
      'GET /x/y': 'read',
      'POST /x/y': 'default',
      'POST /x': 'default',
    },
  },
  {
    title: 'GET stands for HEAD',
    routes: { 'GET /a': 'read', 'HEAD /b': 'head', '/b': 'b', 'GET /b/c': 'get' },
    exactly: {
      'GET /a': 'read',
      'HEAD /a': 'read',
      'POST /a': 'default',
      'HEAD /b': 'head',
      'GET /b': 'b',
      'HEAD /b/c': 'get',
      'POST /b/c': 'b',
    },
  },
  {
    title: 'a method that no key names meets the key without',
    routes: { 'POST,PROPFIND,M-SEARCH /a': 'named', '/a': 'a', 'POST /b': 'post' },
    exactly: {
      'PROPFIND /a': 'named',
      'M-SEARCH /a': 'named',
      'PURGE /a': 'a',
      'QUERY /a': 'a',
      'FOO-BAR /a': 'a',
      "!#$%&'*+-.^_`|~9 /a": 'a',
      'POSTS /a': 'a',
      'FOO /b': 'default',
      '__PROTO__ /b': 'default',
    },
  },
  {
    title: 'a method is compared as it came, and another case of it can only add its rule',
    routes: { 'PATCH /a': 'patch', '/a': 'a', 'PATCH /b': 'b' },
    exclude: ['PATCH /open', '/free', 'OPTIONS /'],
    exactly: {
      'PATCH /a': 'patch',
      'patch /a': 'a patch',
      'Patch /a': 'a patch',
      'patch /b': 'default b',
      'patch /x': 'default',
      'PATCH /open': 'excluded',
      'patch /open': 'default',
      'options /x': 'default',
      'patch /free': 'excluded',
      'constructor /a': 'a',
      '__proto__ /a': 'a',
    },
  },
  {
    title: 'an exclusion with methods is for these only',
    routes: { '/docs': 'docs', 'POST /mcp': 'post' },
    exclude: ['GET /docs', 'OPTIONS,DELETE /mcp', '/healthz'],
    exactly: {
      'GET /docs': 'excluded',
      'HEAD /docs/x': 'excluded',
      'POST /docs': 'docs',
      'OPTIONS /docs': 'docs',
      'OPTIONS /mcp': 'excluded',
      'DELETE /mcp/x': 'excluded',
      'GET /mcp': 'default',
      'POST /mcp': 'post',
      'PUT /healthz': 'excluded',
      'FOO /healthz': 'excluded',
      'OPTIONS /': 'default',
    },
  },
  {
    title: 'preflights of all paths can be excluded, those of routes too',
    routes: { '/payouts': 'payouts', 'POST /payouts': 'post', '/': 'root', '/Admin': 'admin' },
    exclude: ['OPTIONS /'],
    exactly: {
      'OPTIONS /': 'excluded',
      'OPTIONS /x': 'excluded',
      'OPTIONS /payouts': 'excluded',
      'OPTIONS /payouts/7': 'excluded',
      'OPTIONS /PAYOUTS': 'excluded',
      'OPTIONS /payouts.json': 'excluded',
      'OPTIONS /%70ayouts': 'excluded',
      'OPTIONS /admin': 'excluded',
      'GET /payouts': 'payouts',
      'POST /payouts': 'post',
      'GET /': 'root',
      'POST /x': 'root',
      'GET /payouts.json': 'root payouts',
      'options /payouts': 'payouts',
    },
    atLeast: { 'OPTIONS /...': 'every rule' },
  },
  {
    title: 'the root can have methods',
    routes: { 'POST /': 'write', 'GET /': 'read', '/a': 'a', 'POST /b': 'b' },
    exactly: {
      'POST /': 'write',
      'POST /x': 'write',
      'GET /x/y': 'read',
      'HEAD /x': 'read',
      'DELETE /x': 'default',
      'POST /a': 'a',
      'POST /b': 'b',
      'GET /b': 'read',
      'PUT /b': 'default',
    },
  },
  {
    title: 'an exact path does not take in what lies below',
    routes: { '/docs': 'docs', 'POST /both': 'both' },
    exclude: [
      { exact: '/' },
      { exact: '/docs' },
      { exact: '/docs/' },
      { exact: 'GET /both' },
      { exact: '/café' },
      { exact: '/a/b/' },
    ],
    exactly: {
      'GET /': 'excluded',
      'POST /': 'excluded',
      'GET /x': 'default',
      'GET /docs': 'excluded',
      'GET /docs/': 'excluded',
      'GET /docs/x': 'docs',
      'GET /both': 'excluded',
      'POST /both': 'both',
      'PUT /both': 'default',
      'GET /both/': 'default',
      'GET /café': 'excluded',
      'GET /café/x': 'default',
      'GET /a/b/': 'excluded',
      'GET /a/b': 'default',
      'GET /a/b/c': 'default',
      'GET /?x': 'excluded',
      'GET /DOCS': 'default',
      'GET /DOCS/x': 'default docs',
      'GET /docs.json': 'default',
    },
    atLeast: {
      'GET //': 'default',
      'GET /%2F': 'default',
      'GET /docs%2F': 'default',
      'GET /docs;x': 'default',
      'GET /docs%2Fx': 'docs',
    },
  },
  {
    title: 'every reading is held to the rule of the method',
    routes: { '/admin': 'any', 'POST /admin': 'post', 'DELETE /Users': 'delete', '/users': 'users' },
    exclude: ['GET /health'],
    exactly: {
      'POST /%61dmin': 'default post',
      'GET /%61dmin': 'default any',
      'POST /x/..%2Fadmin': 'default post',
      'POST /ADMIN': 'default post',
      'GET /ADMIN': 'default any',
      'POST /admin.data': 'default post',
      'PATCH /admin.data': 'default any',
      'DELETE /Users': 'delete users',
      'DELETE /users': 'users delete',
      'DELETE /USERS/7': 'default delete users',
      'GET /USERS/7': 'default users',
      'GET /Users': 'default users',
      'GET /health/%61': 'excluded',
      'POST /health/%61': 'default',
      'POST /_next/data/build/admin.json': 'default post',
      'GET /_next/data/build/admin.json': 'default any',
    },
  },
]

/** Methods that no `Request` takes, or changes, or that some runtimes do not know. */
function requestsOf(method: string, path: string): readonly Request[] {
  const raw = { ...rawRequest(path), method } as Request
  return /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|PROPFIND)$/.test(method)
    ? [raw, anonymous(path, { method })]
    : [raw]
}

describe.each(TABLES)('$title:', ({ routes = {}, exclude = [], exactly, atLeast = {} }) => {
  const verifier = createMandateVerifier(pathOptions(createTestIssuer().options, routes, exclude))
  const split = (line: string) =>
    [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)] as const

  it.each(Object.entries(exactly))('%s must meet %s', async (line, rules) => {
    for (const request of requestsOf(...split(line))) {
      expect([...(await heldTo(verifier, request))].sort()).toEqual(rules.split(' ').sort())
    }
  })

  it.each(Object.entries(atLeast))('%s must meet %s at least', async (line, rules) => {
    for (const request of requestsOf(...split(line))) {
      const asked = await heldTo(verifier, request)
      if (rules === EVERY_RULE || rules === 'excluded') expect(asked).toEqual([rules])
      else expect(notAskedOf(asked, rules.split(' '))).toEqual([])
    }
  })
})

describe('a method that is none', () => {
  const options = pathOptions(createTestIssuer().options, { 'POST /a': 'post', '/a': 'a' }, ['GET /health'])
  const verifier = createMandateVerifier(options)

  it.each(
    [
      undefined,
      null,
      '',
      ' ',
      'GET ',
      ' GET',
      'GET\n',
      'GET,POST',
      'GÈT',
      'GET\0',
      7,
      {},
      ['GET'],
      () => 'GET',
    ].map((method) => ({ method, title: JSON.stringify(method) ?? typeof method })),
  )('$title meets every rule and excludes nothing', async ({ method }) => {
    for (const path of ['/a', '/health', '/x']) {
      const request = { ...rawRequest(path), method } as unknown as Request
      expect(await heldTo(verifier, request)).toEqual([EVERY_RULE])
    }
  })

  it('meets every rule where reading it throws', async () => {
    const request = Object.defineProperty({ ...rawRequest('/health') }, 'method', {
      get: () => {
        throw new Error('no method')
      },
    })
    expect(await heldTo(verifier, request)).toEqual([EVERY_RULE])
  })

  it('is not read where no key names a method', async () => {
    const plain = createMandateVerifier(pathOptions(createTestIssuer().options, { '/a': 'a' }, ['/health']))
    const { url, headers } = rawRequest('/a')
    expect(await heldTo(plain, { url, headers } as Request)).toEqual(['a'])
  })
})

it('what a Request makes of a method counts: get is GET, patch is not PATCH', async () => {
  const options = pathOptions(createTestIssuer().options, { 'GET /a': 'get', 'PATCH /a': 'patch' }, [])
  const verifier = createMandateVerifier(options)
  expect(await heldTo(verifier, anonymous('/a', { method: 'get' }))).toEqual(['get'])
})

it('a mandate for one method does not do for another', async () => {
  const service = createTestIssuer()
  const routes = { 'POST /payouts': 'post', '/payouts': 'any' }
  const verifier = createMandateVerifier(pathOptions(service.options, routes, []))
  const outcomes = async (scope: string) => {
    const mandate = await service.mint({ scopes: [scope] })
    const methods = ['GET', 'HEAD', 'POST', 'PUT']
    const decisions = methods.map((method) => verifier.authorize(bearer(mandate, '/payouts', { method })))
    return (await Promise.all(decisions)).map(({ outcome }) => outcome)
  }
  expect(await outcomes('post')).toEqual(['deny', 'deny', 'admit', 'deny'])
  expect(await outcomes('any')).toEqual(['admit', 'admit', 'deny', 'admit'])
})

it('with requirements, a path that is excluded for the method meets the rule of the guard', async () => {
  const service = createTestIssuer()
  const verifier = createMandateVerifier(pathOptions(service.options, { '/a': 'a' }, ['GET /a']))
  const decision = await verifier.authorize(anonymous('/a'), {})
  expect(decision).toMatchObject({ outcome: 'deny', requiredScopes: ['default'] })
})

it('a path that cannot be told meets the rules of all methods', async () => {
  const service = createTestIssuer()
  const routes = { 'POST /a': 'post', 'DELETE /a': 'delete', '/a': 'a' }
  const verifier = createMandateVerifier(pathOptions(service.options, routes, ['GET /health']))
  const decide = async (scopes: readonly string[]) =>
    (await verifier.authorize(rawRequest('/health/...', await service.mint({ scopes })))).outcome
  expect(await decide(['default', 'post', 'delete', 'a'])).toBe('admit')
  for (const missing of ['default', 'post', 'delete', 'a']) {
    expect(await decide(['default', 'post', 'delete', 'a'].filter((scope) => scope !== missing))).toBe('deny')
  }
})
