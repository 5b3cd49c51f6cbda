// Wrong options and routes, each of which must be an error of the compiler: one directive for each line.

import {
  type CaracalOptions,
  createMandateVerifier,
  InMemoryRevocationStore,
  type RouteOptions,
  withCaracal,
} from 'caracal-edge'

declare const platformCache: Cache
/** Shaped like a namespace of Workers KV. */
declare const namespace: {
  get(name: string): Promise<string | null>
  put(name: string, text: string, options?: { expirationTtl?: number }): Promise<void>
}
const revocations = new InMemoryRevocationStore()
const handler = () => new Response()

// @ts-expect-error revocations are not optional
createMandateVerifier({ audience: 'resource://api' })
// @ts-expect-error revocations are not optional
withCaracal(handler, { audience: 'resource://api' })
// @ts-expect-error revocations are not optional
withCaracal(handler, () => ({ audience: 'resource://api' }))
// @ts-expect-error a class is not a store
createMandateVerifier({ revocations: InMemoryRevocationStore })
// @ts-expect-error a promise of options is not the options
withCaracal(handler, async () => ({ revocations }))
// @ts-expect-error the engine takes options, not a function
createMandateVerifier(() => ({ revocations }))
// @ts-expect-error unknown name
createMandateVerifier({ revocations, required_scopes: ['read'] })
// @ts-expect-error unknown name
createMandateVerifier({ revocations, requireSession: true })
// @ts-expect-error unknown name
createMandateVerifier({ revocations, zoneId: 'zone-1' })
// @ts-expect-error unknown name
withCaracal(handler, { revocations, required_scopes: ['read'] })
// @ts-expect-error unknown name
withCaracal(handler, { revocations, requireSession: true })
// @ts-expect-error unknown name
withCaracal(handler, { revocations, zoneId: 'zone-1' })
// @ts-expect-error unknown name
withCaracal(handler, () => ({ revocations, required_scopes: ['read'] }) satisfies CaracalOptions)
// @ts-expect-error unknown name
withCaracal(handler, (): CaracalOptions => ({ revocations, required_scopes: ['read'] }))
// @ts-expect-error a string is not a list
createMandateVerifier({ revocations, requiredScopes: 'read' })
// @ts-expect-error a string is not a list
withCaracal(handler, { revocations, requiredScopes: 'read write' })
// @ts-expect-error a string is not a list
withCaracal(handler, () => ({ revocations, requiredTargets: 'resource://ledger' }))
// @ts-expect-error a string is not a list
createMandateVerifier({ revocations, requireChainContains: 'app-1' })
// @ts-expect-error a string is not a list
createMandateVerifier({ revocations, exclude: '/healthz' })
// @ts-expect-error a string is not a list
withCaracal(handler, { revocations, exclude: '/healthz' })
// @ts-expect-error undefined would erase a requirement
createMandateVerifier({ revocations, requiredScopes: undefined })
// @ts-expect-error undefined would erase a requirement
withCaracal(handler, { revocations, requireAgent: undefined })
// @ts-expect-error undefined would erase a requirement
withCaracal(handler, { revocations, routes: { '/admin': { requiredScopes: undefined } } })
// @ts-expect-error undefined would turn verification into a guess
createMandateVerifier({ revocations, audience: undefined })
// @ts-expect-error undefined is not a store
createMandateVerifier({ revocations: undefined })
// @ts-expect-error no such use
createMandateVerifier({ revocations, requiredUse: 'agent' })
// @ts-expect-error no such use
withCaracal(handler, { revocations, routes: { '/admin': { requiredUse: 'admin' } } })
// @ts-expect-error a number
createMandateVerifier({ revocations, maxHopCount: '3' })
// @ts-expect-error true or false
createMandateVerifier({ revocations, requireAgent: 'yes' })
// @ts-expect-error the cache is sized or off
createMandateVerifier({ revocations, verifiedTokenCache: true })
// @ts-expect-error a key set has keys
createMandateVerifier({ revocations, keySet: { jwks: [] } })
// @ts-expect-error unknown name in keySet
createMandateVerifier({ revocations, keySet: { maxAge: 1 } })
// @ts-expect-error a cache has get and put
createMandateVerifier({ revocations, keySet: { cache: { get: () => undefined } } })
// @ts-expect-error a Map has no put
createMandateVerifier({ revocations, keySet: { cache: new Map<string, string>() } })
// @ts-expect-error what the Cache API opens has other methods
createMandateVerifier({ revocations, keySet: { cache: platformCache } })
// @ts-expect-error the text itself, not what it says
createMandateVerifier({ revocations, keySet: { cache: { get: () => ({ keys: [] }), put: () => {} } } })
// @ts-expect-error the database of KV takes its time to live in an object
createMandateVerifier({ revocations, keySet: { cache: namespace } })

// Routes.

// @ts-expect-error a route cannot exclude
createMandateVerifier({ revocations, routes: { '/admin': { exclude: ['/admin/health'] } } })
// @ts-expect-error a route has no routes
createMandateVerifier({ revocations, routes: { '/admin': { routes: {} } } })
// @ts-expect-error the key set is the guard's
createMandateVerifier({ revocations, routes: { '/admin': { keySet: {} } } })
// @ts-expect-error a route cannot exclude
withCaracal(handler, { revocations, routes: { '/admin': { exclude: ['/admin/health'] } } })
// @ts-expect-error the observer is the guard's
export const observedRoute: RouteOptions = { onDecision() {} }
// @ts-expect-error unknown name
withCaracal(handler, { revocations, routes: { '/admin': { required_scopes: ['admin'] } } })
// @ts-expect-error a route is an object
withCaracal(handler, { revocations, routes: { '/admin': ['admin'] } })
// @ts-expect-error a prefix begins with a slash
withCaracal(handler, { revocations, routes: { admin: { requiredScopes: ['admin'] } } })
// @ts-expect-error methods are in capitals
withCaracal(handler, { revocations, routes: { 'post /admin': { requiredScopes: ['admin'] } } })
// @ts-expect-error a blank stands between methods and path
createMandateVerifier({ revocations, routes: { 'POST/admin': { requiredScopes: ['admin'] } } })
// @ts-expect-error a prefix begins with a slash, with methods too
createMandateVerifier({ revocations, routes: { 'POST admin': { requiredScopes: ['admin'] } } })
// @ts-expect-error a route by method has the options of a route
createMandateVerifier({ revocations, routes: { 'POST /admin': { exclude: [] } } })
// @ts-expect-error no path by this name
withCaracal(handler, { revocations, exclude: [{ path: '/admin' }] })
// @ts-expect-error one path, methods and all, in one text
createMandateVerifier({ revocations, exclude: [{ exact: '/admin', methods: ['GET'] }] })
// @ts-expect-error routes go by their prefix
withCaracal(handler, { revocations, routes: [{ requiredScopes: ['admin'] }] })
