// Values that look like options without requirements, or like an answer that admits, are refused.

import {
  CaracalConfigError,
  type CaracalOptions,
  createMandateVerifier,
  type Denial,
  denialResponse,
  InMemoryRevocationStore,
} from 'caracal-edge'
import { requireMandate } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { describe, expect, it } from 'vitest'
import { bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const admin = { requiredScopes: ['admin'] }
const UPSTASH = { url: 'https://redis.test', token: 'token' }
const ENV = { UPSTASH_REDIS_REST_URL: UPSTASH.url, UPSTASH_REDIS_REST_TOKEN: UPSTASH.token }
const laid = (over: object): object => Object.assign(Object.create(over), issuer.options)

describe('a Map or a promise has no own members, but is not an empty object:', () => {
  const pending = Promise.resolve(admin)
  it.each<[string, unknown]>([
    ['routes as a Map', { routes: new Map([['/admin', admin]]) }],
    ['routes as a promise', { routes: Promise.resolve({ '/admin': admin }) }],
    ['the options of a route as a Map', { routes: { '/admin': new Map(Object.entries(admin)) } }],
    ['the options of a route as a promise', { routes: { '/admin': pending } }],
    ['keySet as a Map', { keySet: new Map() }],
  ])('%s', (_, options) => {
    const all = { ...issuer.options, ...(options as Partial<CaracalOptions>) }
    expect(() => createMandateVerifier(all)).toThrow(/not a (promise|Map)/)
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
})

describe('an object that inherits from another is refused, because a part of it would not be read:', () => {
  class Settings {
    readonly requiredScopes = ['admin']
    get requireAgent() {
      return true
    }
  }
  const inherited = /must be an object.*, not an (object that inherits from another|instance of a class)/

  it.each<[string, object]>([
    ['the options', Object.assign(Object.create(admin), issuer.options)],
    ['the options, from an object without a prototype', laid(Object.assign(Object.create(null), admin))],
    ['routes', { routes: Object.create({ '/admin': admin }) }],
    ['the options of a route', { routes: { '/admin': Object.create(admin) } }],
    ['the options of a route, of a class', { routes: { '/admin': new Settings() } }],
    ['keySet', { keySet: Object.create({ maxStaleMs: 0 }) }],
    ['verifiedTokenCache', { verifiedTokenCache: Object.create({ maxEntries: 1 }) }],
  ])('%s', (_, options) => {
    const all =
      Reflect.getPrototypeOf(options) === Object.prototype ? { ...issuer.options, ...options } : options
    expect(() => createMandateVerifier(all as CaracalOptions)).toThrow(inherited)
  })

  it.each<[string, object]>([
    ['from another object', Object.create(admin)],
    ['from a class', new Settings()],
  ])('requirements, %s', async (_, requirements) => {
    const verifier = createMandateVerifier(issuer.options)
    const token = await issuer.mint()
    expect(() => verifier.require(requirements)).toThrow(inherited)
    await expect(verifier.authorizeToken(token, requirements)).rejects.toThrow(inherited)
    expect(() => requireMandate(requirements)).toThrow(inherited)
  })

  it.each<[string, () => unknown]>([
    ['the in-memory store', () => new InMemoryRevocationStore(Object.create({ maxEntries: 1 }))],
    ['the Upstash store', () => new UpstashRevocationStore(Object.create(UPSTASH))],
    [
      'the Upstash store from an environment',
      () => UpstashRevocationStore.fromEnv(ENV, Object.create({ maxSyncAgeMs: 1 })),
    ],
  ])('options of %s', (_, build) => {
    expect(build).toThrow(inherited)
  })

  it('an object of another realm counts as a plain object', async () => {
    const foreign = Object.create(null, { isPrototypeOf: { value: () => false } })
    const options = Object.assign(Object.create(foreign), issuer.options)
    const decision = await createMandateVerifier(options).authorizeToken(await issuer.mint())
    expect(decision.outcome).toBe('admit')
  })
})

describe('options that are undefined are not the same as options that are left out:', () => {
  it.each<[string, () => unknown]>([
    ['the in-memory store', () => new InMemoryRevocationStore(undefined)],
    ['the Upstash store from an environment', () => UpstashRevocationStore.fromEnv(ENV, undefined)],
  ])('of %s', (_, build) => {
    expect(build).toThrow(CaracalConfigError)
    expect(build).toThrow('the options must be an object, not undefined')
  })

  it('options can be left out if the environment provides what is required', () => {
    expect(() => new InMemoryRevocationStore()).not.toThrow()
    expect(() => UpstashRevocationStore.fromEnv(ENV)).not.toThrow()
    const twice = { token: 'hunter2' } as object
    expect(() => UpstashRevocationStore.fromEnv(ENV, twice)).toThrow('Unknown option "token"')
  })
})

describe("a prefix that is a router's pattern is refused, because no path would match it:", () => {
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
    ['a denial without a status', { outcome: 'deny', code: 'missing_token', requiredScopes: [] }],
    ['a denial with the status of a success', { outcome: 'deny', status: 200, requiredScopes: [] }],
    ['an inherited denial', Object.create({ outcome: 'deny', status: 401, requiredScopes: [] })],
  ])('of %s is an error, because it would look like a success', (_, odd) => {
    expect(() => denialResponse(odd as Denial)).toThrow(TypeError)
  })
})
