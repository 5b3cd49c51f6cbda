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

describe('a prefix with a parameter is refused, since it would be taken literally:', () => {
  it.each(['/users/:id', '/users/[id]', '/users/{id}', '/:tenant/x'])('%s', (prefix) => {
    expect(() => createMandateVerifier({ ...issuer.options, routes: { [prefix]: admin } })).toThrow(
      /literally/,
    )
  })

  it('a colon within a segment is none', () => {
    const routes = { '/v1/users:batch': admin }
    expect(() => createMandateVerifier({ ...issuer.options, routes })).not.toThrow()
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
