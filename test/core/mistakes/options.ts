// Mistakes in the options: names, missing values and types.

import { createMandateVerifier, InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { type NewcomersMistake, untyped, VALID, VALUE } from './attempt.ts'

const handler = () => new Response()

/** A mistake laid over complete options. */
const option = (title: string, options: object, ...says: readonly (string | RegExp)[]): NewcomersMistake => ({
  title,
  make: () => createMandateVerifier(untyped({ ...VALID, ...options })),
  says,
})

export const OPTION_MISTAKES: readonly NewcomersMistake[] = [
  // Names.
  option('snake case', { required_scopes: [VALUE] }, 'Unknown option "required_scopes"', '"requiredScopes"?'),
  option('another case', { requiredscopes: [VALUE] }, 'Did you mean "requiredScopes"?'),
  option('capitals', { REQUIRED_SCOPES: [VALUE] }, 'Did you mean "requiredScopes"?'),
  option('kebab case', { 'required-scopes': [VALUE] }, 'Did you mean "requiredScopes"?'),
  option('one letter too few', { requiredScope: [VALUE] }, 'Did you mean "requiredScopes"?'),
  option('letters in the wrong order', { audeince: VALUE }, 'Did you mean "audience"?'),
  option('the short name', { scopes: [VALUE] }, 'Did you mean "requiredScopes"?'),
  option('the name of the claim', { aud: VALUE }, 'Did you mean "audience"?'),
  option('the name of other connectors', { requireSession: true }, 'Did you mean "requireAgent"?'),
  option('zone', { zone: VALUE }, 'Did you mean "expectedZoneId"?'),
  option('zoneId', { zoneId: VALUE }, 'Did you mean "expectedZoneId"?'),
  option('zone_id', { zone_id: VALUE }, 'Did you mean "expectedZoneId"?'),
  option('stsUrl', { stsUrl: VALUE }, 'Did you mean "issuer"?'),
  option('store', { store: {} }, 'Did you mean "revocations"?'),
  option('revocation', { revocation: {} }, 'Did you mean "revocations"?'),
  option('excludes', { excludes: [] }, 'Did you mean "exclude"?'),
  option('publicPaths', { publicPaths: [] }, 'Did you mean "exclude"?'),
  option('route', { route: {} }, 'Did you mean "routes"?'),
  option('jwksUri', { jwksUri: VALUE }, 'Did you mean "keySet"?'),
  option('clockTolerance', { clockTolerance: 60 }, 'Did you mean "clockToleranceSeconds"?'),
  option('leeway', { leeway: 60 }, 'Did you mean "clockToleranceSeconds"?'),
  option('maxHops', { maxHops: 2 }, 'Did you mean "maxHopCount"?'),
  option(
    'a name that is like no other',
    { fruit: VALUE },
    'Unknown option "fruit". The options are audience',
  ),
  option('onDeny', { onDeny: () => {} }, 'Did you mean "onDecision"?'),
  option('a name in keySet', { keySet: { maxAge: 60 } }, '"maxAge" in keySet. Did you mean "maxAgeMs"?'),
  option(
    'an option of the guard in a route',
    { routes: { '/a': { exclude: ['/a/b'] } } },
    'Unknown option "exclude" in routes["/a"]. It is an option of the guard as a whole, not of a route',
  ),
  option(
    'a name in a route',
    { routes: { '/a': { requires_delegation: true } } },
    'Unknown option "requires_delegation" in routes["/a"]. Did you mean "requireDelegation"?',
  ),

  option('the name of roles', { roles: [VALUE] }, 'Did you mean "requiredScopes"?'),
  option('hops', { hops: 2 }, 'Did you mean "maxHopCount"?'),
  option('delegation', { delegation: true }, 'Did you mean "requireDelegation"?'),
  option('excludePaths', { excludePaths: [] }, 'Did you mean "exclude"?'),
  option('an option of keySet', { maxAgeMs: 60_000 }, 'Unknown option "maxAgeMs". Did you mean "keySet"?'),
  option('a fetch', { fetch: () => {} }, 'Did you mean "keySet"?'),
  option('the time limit of the store', { timeoutMs: 500 }, 'Did you mean "storeTimeoutMs"?'),
  option('an option of the store', { keyPrefix: VALUE }, 'Did you mean "revocations"?'),
  option(
    'the method after the path',
    { routes: { '/payouts POST': {} } },
    'routes["/payouts POST"]: the key names methods after the path',
    "'POST /payouts'",
  ),
  option(
    'several paths in one key',
    { routes: { '/a, /b': {} } },
    'routes["/a, /b"]: the key must be one path: give each path a key of its own',
  ),
  option('methods with a bar', { routes: { 'GET|POST /a': {} } }, 'commas without blanks between methods'),
  option('methods in a route', { routes: { '/a': { POST: {} } } }, "in the key of a route: 'POST /payouts'"),
  option(
    'methods in a route, small',
    { routes: { '/a': { get: {} } } },
    "in the key of a route: 'POST /payouts'",
  ),
  option('methods beside exact', { exclude: [{ exact: '/a', methods: ['GET'] }] }, "{ exact: 'GET /path' }"),
  option('a route that is off', { routes: { '/a': false } }, 'not a boolean', 'belongs in exclude'),
  option(
    'a lifetime in milliseconds',
    { maxLifetimeSeconds: 86_400_000 },
    'maxLifetimeSeconds must be a whole number of seconds',
    'is it in milliseconds?',
  ),
  option('a tolerance in milliseconds', { clockToleranceSeconds: 60_000 }, 'is it in milliseconds?'),
  option(
    'a service binding as fetch',
    { keySet: { fetch: { fetch() {} } } },
    '(url, init) => binding.fetch(url, init)',
  ),
  option('the promise of keys', { keySet: { jwks: Promise.resolve() } }, 'not a promise: await it first'),
  option(
    'keys as text',
    { keySet: { jwks: `{"keys":["${VALUE}"]}` } },
    'not a string: parse it with JSON.parse',
  ),

  // Missing values.
  {
    title: 'nothing',
    make: () => createMandateVerifier(untyped(undefined)),
    says: ['must be an object, not undefined'],
  },
  {
    title: 'no options at all',
    make: () => untyped(withCaracal)(handler),
    says: ['the second argument must be the options, withCaracal(handler, options): it is undefined'],
  },
  {
    title: 'no store',
    make: () => createMandateVerifier(untyped({ ...VALID, revocations: undefined })),
    says: ['revocations is undefined, perhaps because a variable is not set: set a value, or leave it out'],
  },
  {
    title: 'no store, left out',
    make: () =>
      createMandateVerifier(untyped({ audience: VALUE, issuer: 'https://sts.test', expectedZoneId: 'z' })),
    says: ['revocations is missing', 'new InMemoryRevocationStore()', 'UpstashRevocationStore.fromEnv()'],
  },
  {
    title: 'an empty environment',
    make: () => createMandateVerifier({ revocations: VALID.revocations }),
    says: [
      'audience is missing: give the option, or set CARACAL_AUDIENCE',
      'issuer is missing: give the option, or set CARACAL_STS_URL',
      'expectedZoneId is missing: give the option, or set CARACAL_ZONE_ID',
    ],
  },
  option(
    'an unset variable',
    { audience: untyped({}).AUDIENCE },
    'audience is undefined, perhaps because a variable',
  ),
  ...['undefined', 'null', 'NaN', '[object Object]', '[object Promise]'].map((text) =>
    option(
      `a template around a missing value: ${text}`,
      { audience: text },
      'audience is what a template makes of a value that is not text, perhaps because a variable is not set',
    ),
  ),
  option('null', { audience: null }, 'audience must be a string, not null'),
  option('an empty text', { audience: '' }, 'audience must not be empty'),
  option(
    'quotes from an .env file',
    { audience: `"${VALUE}"` },
    'audience is wrapped in quotes: remove them',
  ),
  option(
    'a line break from a file',
    { audience: `${VALUE}\n` },
    'audience must not begin or end with white space',
  ),

  // Types.
  option(
    'one scope as text',
    { requiredScopes: VALUE },
    'requiredScopes must be a list of strings, not a string',
    "['…']",
  ),
  option(
    'scopes in one text',
    { requiredScopes: [`${VALUE} b`] },
    'requiredScopes[0] must be one scope, without white',
  ),
  option('scopes with commas', { requiredScopes: `${VALUE},b` }, "not a string: write ['…']"),
  option(
    'a Set of scopes',
    { requiredScopes: new Set([VALUE]) },
    "a list of strings, not a Set: write ['…']",
  ),
  option('a RegExp to exclude', { exclude: [/hunter2/] }, 'exclude[0] must be a string', 'not a RegExp'),
  option(
    'one path as text',
    { exclude: '/hunter2' },
    'exclude must be a list of path prefixes, not a string',
    "['…']",
  ),
  option('a RegExp alone', { exclude: /hunter2/ }, 'exclude must be a list of path prefixes, not a RegExp'),
  option(
    'a function to exclude',
    { exclude: () => true },
    'exclude must be a list of path prefixes, not a function',
  ),
  option(
    'a Map of routes',
    { routes: new Map() },
    'routes must be an object of path prefix → options, not a Map',
  ),
  option(
    'a list of routes',
    { routes: ['/a'] },
    'routes must be an object of path prefix → options, not a list',
  ),
  option(
    'scopes for a route',
    { routes: { '/a': [VALUE] } },
    'routes["/a"] must be an object, not a list: for scopes, write { requiredScopes: [\'…\'] }',
  ),
  option(
    'a scope for a route',
    { routes: { '/a': VALUE } },
    'routes["/a"] must be an object, not a string: for scopes',
  ),
  option('a pattern', { routes: { '/users/:id': {} } }, 'routes["/users/:id"]', 'plain path', 'pattern'),
  option(
    'a star',
    { routes: { '/admin/*': {} } },
    'routes["/admin/*"]',
    '"*"',
    'a prefix covers everything below',
  ),
  option('no slash', { routes: { admin: {} } }, 'routes["admin"]', '"/"'),
  option('a method in lower case', { routes: { 'post /a': {} } }, 'routes["post /a"]', 'POST'),
  option('everything excluded', { exclude: ['/'] }, 'exclude[0] would exclude every path', "{ exact: '/' }"),
  option('flags as text', { requireAgent: 'true' }, 'requireAgent must be true or false, not a string'),
  option(
    'numbers as text',
    { maxHopCount: '3' },
    'maxHopCount must be a whole number, 0 or more, not a string',
  ),
  option(
    'seconds in milliseconds',
    { clockToleranceSeconds: 60_000 },
    'a whole number of seconds',
    '300 at most',
  ),
  option('milliseconds in seconds', { storeTimeoutMs: 5 }, 'milliseconds, 50 or more', 'is it in seconds?'),
  option(
    'an endless time',
    { storeTimeoutMs: Number.POSITIVE_INFINITY },
    'storeTimeoutMs',
    'milliseconds',
    '24 days',
  ),
  option(
    'a use that there is not',
    { requiredUse: 'gateway' },
    "one of 'resource', 'session', not another string",
  ),
  option('a Date', { maxLifetimeSeconds: new Date() }, 'maxLifetimeSeconds', 'seconds', 'not a Date'),
  option('no scheme', { issuer: 'hunter2.test' }, 'issuer must be a complete URL that begins with https://'),
  option(
    'plain http',
    { issuer: 'http://hunter2.test' },
    'issuer must be an https: URL',
    'CARACAL_ALLOW_INSECURE',
  ),
  option('a URL object', { issuer: new URL('https://hunter2.test') }, 'issuer must be a string, not a URL'),
  option(
    'the place of the keys',
    { issuer: 'https://hunter2.test/.well-known/jwks.json' },
    'issuer must end before /.well-known',
  ),
  option(
    'zones with a comma',
    { expectedZoneId: `a,${VALUE}` },
    'expectedZoneId',
    'for several zones, use a list',
  ),
  option('several audiences', { audience: [VALUE] }, 'audience must be a string, not a list'),
  option(
    'a secret of the Secrets Store',
    { audience: { get: async () => VALUE } },
    'Secrets Store (await its get()',
  ),
  option('a promise', { audience: Promise.resolve(VALUE) }, 'audience must be a string, not a promise'),
  option('a URL as keySet', { keySet: 'https://hunter2.test' }, 'keySet must be an object', "{ url: '…' }"),
  option(
    'a URL as jwks',
    { keySet: { jwks: 'https://hunter2.test' } },
    'keySet.jwks',
    'belongs in keySet.url',
  ),
  option('one key', { keySet: { jwks: { kty: 'EC' } } }, 'keySet.jwks', '{ keys: […] }, not a single key'),
  option('a list of keys', { keySet: { jwks: [{ kty: 'EC' }] } }, 'keySet.jwks', '{ keys: […] }, not a list'),
  option('an RSA key', { keySet: { jwks: { keys: [{ kty: 'RSA' }] } } }, 'keySet.jwks', 'EC key on P-256'),
  option('console', { onDecision: console }, 'onDecision must be a function, not an'),
  option(
    'true for a cache',
    { verifiedTokenCache: true },
    'verifiedTokenCache must be an object, not a boolean: { maxEntries: 1000 }, or false for no cache',
  ),
  option(
    'a number for a cache',
    { verifiedTokenCache: 500 },
    'verifiedTokenCache must be an object, not a number',
  ),

  // Stores.
  option('the class of a store', { revocations: InMemoryRevocationStore }, 'not a class: use `new InMemory'),
  option(
    'a function that makes a store',
    { revocations: UpstashRevocationStore.fromEnv },
    'revocations must be an object with a `lookup` method, not a function',
    'UpstashRevocationStore.fromEnv()',
  ),
  option(
    'the promise of a store',
    { revocations: Promise.resolve(VALID.revocations) },
    'revocations',
    'not a promise: await it first',
  ),
  option(
    'a client of Redis',
    {
      revocations: new (class Redis {
        get() {}
      })(),
    },
    'not an instance of a class Redis',
    'new RedisRevocationStore({ command })',
  ),
  option(
    'the URL of a store',
    { revocations: 'https://hunter2.test' },
    'revocations',
    'not a string: use `new',
  ),
]
