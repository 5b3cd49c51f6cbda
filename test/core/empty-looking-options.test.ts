// What would pass for options that ask nothing, or for an answer that grants something, is refused.

import {
  type CaracalOptions,
  createMandateVerifier,
  type Denial,
  denialResponse,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { bearer } from './support/requests.ts'

const issuer = createTestIssuer()
const admin = { requiredScopes: ['admin'] }

describe('a Map or a promise has no members, and is no empty object:', () => {
  const pending = Promise.resolve(admin)
  it.each<[string, unknown]>([
    ['routes as a Map', { routes: new Map([['/admin', admin]]) }],
    ['routes as a promise', { routes: Promise.resolve({ '/admin': admin }) }],
    ['the options of a route as a Map', { routes: { '/admin': new Map(Object.entries(admin)) } }],
    ['the options of a route as a promise', { routes: { '/admin': pending } }],
    ['keySet as a Map', { keySet: new Map() }],
  ])('%s', (_, options) => {
    const all = { ...issuer.options, ...(options as Partial<CaracalOptions>) }
    expect(() => createMandateVerifier(all)).toThrow(/not a (promise|Map, Set)/)
  })

  it.each<[string, unknown]>([
    ['a Map', new Map(Object.entries(admin))],
    ['a Set', new Set(['admin'])],
    ['a promise', pending],
  ])('requirements as %s', async (_, requirements) => {
    const verifier = createMandateVerifier(issuer.options)
    expect(() => verifier.require(requirements as typeof admin)).toThrow(/requirements must be an object/)
    const token = await issuer.mint()
    await expect(verifier.authorizeToken(token, requirements as typeof admin)).rejects.toThrow(
      /must be an object/,
    )
  })

  it('routes that come from a prototype count', async () => {
    const routes = Object.create({ '/admin': admin })
    const guarded = withCaracal(() => new Response(), { ...issuer.options, routes })
    const headers = { authorization: `Bearer ${await issuer.mint({ scopes: ['read'] })}` }
    expect((await guarded(new Request('https://api.test/admin', { headers }))).status).toBe(403)
  })
})

describe('a prefix that is a pattern of some router is refused, since no path would match it:', () => {
  const patterns = [
    ...[
      '/users/:id',
      '/:tenant/x',
      '/@:user/keys',
      '/files-:id',
      '/v1/users:batch',
      '/:lang?/x',
      '/x/:rest+',
    ],
    ...['/users/[id]', '/[...slug]', '/[[...slug]]', '/users/{id}', '/v{n}/x', '/users/<id>', '/(admin)/x'],
    ...['/users/$id', '/users/$', '/$lang/x', '/admin$', '/x/.+', '/x/.*', '/[0-9]+', '/(a|b)', '/x/(?:y)'],
  ]
  it.each(patterns)('%s', (prefix) => {
    for (const options of [{ routes: { [prefix]: admin } }, { exclude: [prefix] }]) {
      const build = () => createMandateVerifier({ ...issuer.options, ...options })
      expect(build).toThrow(/plain path|covers the path itself|everything below it/)
    }
  })

  it.each([
    { prefix: '/v1/users%3Abatch', path: '/v1/users:batch' },
    { prefix: '/odata/%24metadata', path: '/odata/$metadata' },
    { prefix: '/a%28b%29%5Bc%5D%7Bd%7D%3Ce%3E', path: '/a(b)[c]{d}<e>' },
    { prefix: '/x/.%2B', path: '/x/.+' },
    { prefix: '/@me/a+b', path: '/@me/a+b' },
    { prefix: '/price-$5', path: '/price-$5' },
  ])('$prefix is the literal path $path', async ({ prefix, path }) => {
    const verifier = createMandateVerifier({ ...issuer.options, routes: { [prefix]: admin } })
    const decision = await verifier.authorize(bearer(await issuer.mint({ scopes: [] }), path))
    expect(decision).toMatchObject({ code: 'insufficient_scope' })
  })
})

describe('denialResponse', () => {
  it.each<[string, unknown]>([
    ['an admission', { outcome: 'admit' }],
    ['a skip', { outcome: 'skip' }],
    ['a code', 'missing_token'],
  ])('of %s is an error, for it would look like a success', (_, odd) => {
    expect(() => denialResponse(odd as Denial)).toThrow(TypeError)
  })
})
