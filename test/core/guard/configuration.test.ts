// A configuration is validated whole when a guard is built: every mistake is named, and no value is quoted.

import { CaracalConfigError, type CaracalOptions, createMandateVerifier, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import type { Mistake } from '../support/mistake.ts'
import { shown } from '../support/values.ts'
import { CONFIGURATION_MISTAKES } from './configuration-mistakes.ts'
import { KEY_SET_MISTAKES } from './key-setting-mistakes.ts'
import { METHOD_MISTAKES, SOUND } from './method-mistakes.ts'
import { PATH_MISTAKES } from './path-mistakes.ts'

const issuer = createTestIssuer()
/** Placeholders of values in the tables. They must never occur in a message. */
const VALUES = /hunter[23]|7777/

/** The options, merged into valid ones. */
function laid(options: object): CaracalOptions {
  return { ...issuer.options, ...options } as CaracalOptions
}

function errorOf(build: () => unknown): CaracalConfigError {
  try {
    build()
  } catch (error) {
    if (error instanceof CaracalConfigError) return error
    throw error
  }
  throw new Error('The configuration was accepted.')
}

const TABLES: Readonly<Record<string, readonly Mistake[]>> = {
  'the options themselves': CONFIGURATION_MISTAKES,
  keySet: KEY_SET_MISTAKES,
  'routes and exclude': PATH_MISTAKES,
  'methods and exact paths': METHOD_MISTAKES,
}

describe.each(Object.entries(TABLES))('a mistake in %s is named, with what to write instead:', (_, table) => {
  const titled = table.map((mistake) => ({ ...mistake, text: shown(mistake.options) }))

  it.each(titled)('$text', ({ options, says }) => {
    const error = errorOf(() => createMandateVerifier(laid(options)))
    expect(error.issues).toHaveLength(1)
    for (const part of says) expect(error.message).toContain(part)
    expect(error.message.replaceAll(/routes\["[^"]*"\]/g, '')).not.toMatch(VALUES)
    expect(errorOf(() => withCaracal(() => new Response(), laid(options))).message).toBe(error.message)
  })
})

describe('methods and exact paths that go together are accepted:', () => {
  it.each(SOUND.map((options) => ({ options, text: shown(options) })))('$text', ({ options }) => {
    expect(() => createMandateVerifier(laid(options))).not.toThrow()
  })
})

it('a key that holds itself is refused, and its names are not quoted', () => {
  const key: object = { kty: 'EC', crv: 'P-256', kid: 'k' }
  Object.assign(key, { hunter2: key })
  const { message } = errorOf(() => createMandateVerifier(laid({ keySet: { jwks: { keys: [key] } } })))
  expect(message).toContain('keySet.jwks contains a key that cannot be written as JSON')
  expect(message).not.toMatch(VALUES)
})

it.each(['/a', 'GET /a', { exact: '/a' }])('an exclusion that is repeated counts once: %o', (exclusion) => {
  const routes = Object.fromEntries(['/a', '/a/b', '/c'].map((path) => [path, {}]))
  const exclude = [...Array(1_000).fill(exclusion), '/c'] as CaracalOptions['exclude']
  const once = [exclusion, '/c'] as CaracalOptions['exclude']
  const [repeated, single] = [exclude, once].map(
    (given) => errorOf(() => createMandateVerifier(laid({ routes, exclude: given }))).issues,
  )
  expect(repeated?.map((issue) => issue.replace('[1000]', '[1]'))).toEqual(single)
})

describe('a missing option is named, with the variable that could provide it:', () => {
  it.each([
    { option: 'audience', says: ['audience is missing', 'CARACAL_AUDIENCE'] },
    { option: 'issuer', says: ['issuer is missing', 'CARACAL_STS_URL'] },
    { option: 'expectedZoneId', says: ['expectedZoneId is missing', 'CARACAL_ZONE_ID'] },
    {
      option: 'revocations',
      says: ['revocations is missing', 'InMemoryRevocationStore', 'UpstashRevocationStore'],
    },
  ])('$option', ({ option, says }) => {
    const rest = Object.entries(issuer.options).filter(([name]) => name !== option)
    const error = errorOf(() => createMandateVerifier(Object.fromEntries(rest) as unknown as CaracalOptions))
    expect(error.issues).toHaveLength(1)
    for (const part of says) expect(error.message).toContain(part)
  })

  it('everything, if nothing is given', () => {
    const error = errorOf(() => createMandateVerifier({} as CaracalOptions))
    const options = error.issues.map((issue) => issue.split(' ')[0])
    expect(options.sort()).toEqual(['audience', 'expectedZoneId', 'issuer', 'revocations'])
  })
})

describe('an unknown option is refused (agent-04):', () => {
  it.each([
    { name: 'required_scopes', meant: 'Did you mean "requiredScopes"?' },
    { name: 'requiredscopes', meant: 'Did you mean "requiredScopes"?' },
    { name: 'require-agent', meant: 'Did you mean "requireAgent"?' },
    { name: 'Audience', meant: 'Did you mean "audience"?' },
    { name: 'MAX_HOP_COUNT', meant: 'Did you mean "maxHopCount"?' },
    { name: 'requireSession', meant: 'Did you mean "requireAgent"?' },
    { name: 'zoneId', meant: 'Did you mean "expectedZoneId"?' },
    { name: 'scopes', meant: 'Did you mean "requiredScopes"?' },
    { name: 'requiredScope', meant: 'Did you mean "requiredScopes"?' },
    { name: 'audienec', meant: 'Did you mean "audience"?' },
    { name: 'fruit', meant: 'The options are audience, issuer' },
    { name: 'constructor', meant: 'The options are audience, issuer' },
    { name: 'toString', meant: 'The options are audience, issuer' },
  ])('$name', ({ name, meant }) => {
    for (const value of ['hunter2', undefined]) {
      const { message } = errorOf(() => createMandateVerifier(laid({ ...issuer.options, [name]: value })))
      expect(message).toContain(`Unknown option "${name}"`)
      expect(message).toContain(meant)
      expect(message).not.toMatch(VALUES)
    }
  })

  it('in a route as well, with the options of a route', () => {
    const { message } = errorOf(() =>
      createMandateVerifier(laid({ routes: { '/a': { fruit: true, storeTimeoutMs: 7777 } } })),
    )
    expect(message).toContain('Unknown option "fruit" in routes["/a"]. The options are audience')
    expect(message).toContain(
      'Unknown option "storeTimeoutMs" in routes["/a"]. It is an option of the guard as a whole, not of a route',
    )
    expect(message).not.toContain('clockToleranceSeconds')
  })
})

describe('a configuration error', () => {
  it('names every mistake at once, one line each', () => {
    const options = {
      issuer: 'http://hunter2.test',
      requiredScopes: 'hunter2',
      requireAgent: 'hunter2',
      maxHopCount: -7777,
      required_targets: [],
      keySet: { timeoutMs: 0, jkws: {} },
      verifiedTokenCache: { maxEntries: 0 },
      routes: { admin: {}, '/a': { requiredUse: 'hunter2', exclude: [] }, '/b': 7777 },
      exclude: ['/', 'hunter2', '/a'],
      onDecision: 7777,
    }
    const { issues, message } = errorOf(() => createMandateVerifier(laid(options)))
    const named = [
      'Unknown option "required_targets"',
      'issuer',
      'requiredScopes',
      'requireAgent',
      'maxHopCount',
      'onDecision',
      'routes["admin"]',
      'routes["/a"].requiredUse',
      'Unknown option "exclude" in routes["/a"]',
      'routes["/b"]',
      'exclude[0]',
      'exclude[1]',
      'exclude[2]',
      'keySet.timeoutMs',
      'Unknown option "jkws" in keySet',
      'verifiedTokenCache.maxEntries',
    ]
    for (const name of named)
      expect(
        issues.filter((issue) => issue.startsWith(name)),
        name,
      ).toHaveLength(1)
    expect(issues).toHaveLength(named.length)
    for (const issue of issues) expect(message.split('\n')).toContain(`  - ${issue}`)
    expect(message).not.toMatch(VALUES)
  })

  it('has a name of its own, and a list of issues that cannot be changed', () => {
    const error = errorOf(() => createMandateVerifier({} as CaracalOptions))
    expect(error).toBeInstanceOf(Error)
    expect(error.name).toBe('CaracalConfigError')
    expect(Object.isFrozen(error.issues)).toBe(true)
  })

  it.each([undefined, null, 'hunter2', {}, { fetch: () => new Response() }])(
    'says that the handler is wrong if it is %j',
    (handler) => {
      const { message } = errorOf(() => withCaracal(handler as unknown as () => Response, issuer.options))
      expect(message).toContain('the first argument must be the handler, a function')
      expect(message).not.toMatch(VALUES)
    },
  )
})

it.each([
  undefined,
  null,
  'hunter2',
  7777,
  true,
  ['hunter2'],
  new Map([['audience', 'hunter2']]),
  Promise.resolve(),
])('%j is refused as options', (options) => {
  const { issues, message } = errorOf(() => createMandateVerifier(options as unknown as CaracalOptions))
  expect(issues).toEqual([expect.stringMatching(/^the options must be an object, not /)])
  expect(message).not.toMatch(VALUES)
})

describe('valid options are accepted:', () => {
  it.each([
    { issuer: 'https://sts.test/zones/eu' },
    { issuer: 'https://sts.test:8443' },
    { issuer: 'http://localhost:8787' },
    { issuer: 'http://127.0.0.1' },
    { issuer: 'http://127.255.3.4:1' },
    { issuer: 'http://[::1]:8080/' },
    { expectedZoneId: ['zone-1', 'zone-2'] },
    { requiredScopes: [], requiredTargets: [], requireChainContains: [] },
    { requiredUse: 'session', maxLifetimeSeconds: 1, requireAgent: true, requireDelegation: false },
    { maxHopCount: 0, clockToleranceSeconds: 0, verifiedTokenCache: false },
    { verifiedTokenCache: {} },
    { verifiedTokenCache: { maxEntries: 1 } },
    { keySet: {} },
    { keySet: { maxAgeMs: 0, maxStaleMs: 0, cooldownMs: 0, timeoutMs: 50 } },
    { storeTimeoutMs: 50 },
    { routes: {}, exclude: [] },
    { routes: { '/': {}, '/a': {}, '/a/b': {} }, exclude: ['/a/c', '/ab'] },
    {
      routes: {
        '/a': { audience: 'x', issuer: 'https://x.test', expectedZoneId: ['y'], requiredUse: 'session' },
      },
    },
  ])('%j', (options) => {
    expect(() => createMandateVerifier(laid(options))).not.toThrow()
  })
})
