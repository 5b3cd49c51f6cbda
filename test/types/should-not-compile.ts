// Wrong uses, each of which must be an error of the compiler: one directive for each line.

import {
  type Admission,
  type Authority,
  authorityOf,
  type CaracalContext,
  type CaracalOptions,
  createMandateVerifier,
  type Decision,
  type DecisionEvent,
  type Denial,
  denialResponse,
  type GuardedFetch,
  InMemoryRevocationStore,
  type Mandate,
  type MandateVerifier,
  mandateOf,
  type RevocationStore,
  type RouteOptions,
  type WritableRevocationStore,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import type { Env, ExecutionContext, ExportedHandler, NextRequest } from './support/platforms.ts'

declare const env: Env
declare const ctx: ExecutionContext
declare const decision: Decision
declare const denial: Denial
declare const authority: Authority
declare const mandate: Mandate
declare const event: DecisionEvent
declare const open: CaracalOptions
declare const platformCache: Cache
/** Shaped like a namespace of Workers KV. */
declare const namespace: {
  get(name: string): Promise<string | null>
  put(name: string, text: string, options?: { expirationTtl?: number }): Promise<void>
}
const request = new Request('https://api.test/')
const revocations = new InMemoryRevocationStore()
const handler = () => new Response()
const onlyWithMandate = (_request: Request, { caracal }: CaracalContext) => Response.json(caracal.sub)

// The handler.

// @ts-expect-error an object with a fetch is not a handler
withCaracal({ fetch: handler }, { revocations })
// @ts-expect-error a Response is not a handler
withCaracal(new Response(), { revocations })
// @ts-expect-error a handler is needed
withCaracal(undefined, { revocations })
// @ts-expect-error options are needed
withCaracal(handler)
// @ts-expect-error a handler answers with a Response
withCaracal(() => 'text', { revocations })
// @ts-expect-error a handler always answers
withCaracal(() => {}, { revocations })
// @ts-expect-error the second argument is the context, not the environment
withCaracal((_request: Request, _env: Env) => new Response(), { revocations })

// The mandate where it may be missing.

// @ts-expect-error undefined on an excluded path
withCaracal((_request, { caracal }) => Response.json(caracal.sub), { revocations, exclude: ['/healthz'] })
const withExclude = () => ({ revocations, exclude: ['/healthz'] })
// @ts-expect-error undefined on an excluded path of a function's options
withCaracal((_request, { caracal }) => Response.json(caracal.sub), withExclude)
// @ts-expect-error CaracalOptions leaves open whether something is excluded
withCaracal((_request, { caracal }) => Response.json(caracal.sub), open)
// @ts-expect-error this handler must always have a mandate
withCaracal(onlyWithMandate, { revocations, exclude: ['/healthz'] })
// @ts-expect-error this handler must always have a mandate
withCaracal(onlyWithMandate, () => ({ revocations, exclude: ['/healthz'] }))
// @ts-expect-error this handler must always have a mandate
withCaracal(onlyWithMandate, open)
// @ts-expect-error a request of which nothing is known has no mandate
mandateOf(request).sub

// Platform arguments.

const worker = withCaracal((_request, _context, _env: Env, _ctx: ExecutionContext) => new Response(), {
  revocations,
})
// @ts-expect-error env and ctx are missing
worker(request)
// @ts-expect-error ctx is missing
worker(request, env)
// @ts-expect-error env has another type
worker(request, { AUDIENCE: 1 }, ctx)
// @ts-expect-error env comes before ctx
worker(request, ctx, env)
// @ts-expect-error a URL is not a Request
worker('https://api.test/', env, ctx)
// @ts-expect-error warmup takes the platform's arguments
worker.warmup()
// @ts-expect-error warmup takes no request
worker.warmup(request, env, ctx)
// @ts-expect-error a guard that needs env and ctx cannot be called without them
export const withoutArguments: GuardedFetch<[]> = worker
// @ts-expect-error Workers pass bindings of another type
export const otherBindings: ExportedHandler<{ readonly OTHER: string }> = { fetch: worker }
// @ts-expect-error nothing says that the platform passes an environment
withCaracal((_request, _context, env) => new Response(env.AUDIENCE), { revocations })
const otherOptions = (_env: { readonly OTHER: string }) => ({ revocations })
// @ts-expect-error handler and options have different environments
withCaracal((_request, _context, _env: Env) => new Response(), otherOptions)

const route = withCaracal(
  (_request: NextRequest, _context, _route: { params: Promise<{ id: string }> }) => new Response(),
  { revocations },
)
// @ts-expect-error this handler needs the platform's own request
route(request, { params: Promise.resolve({ id: '1' }) })
// @ts-expect-error params is a promise
route(request as NextRequest, { params: { id: '1' } })
// @ts-expect-error another parameter
route(request as NextRequest, { params: Promise.resolve({ slug: '1' }) })

// Options.

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

// Additional requirements.

const verifier = createMandateVerifier({ revocations })
// @ts-expect-error the audience is not a requirement: it is the guard's own
verifier.require({ audience: 'resource://other' })
// @ts-expect-error unknown name
verifier.authorize(request, { scopes: ['read'] })
// @ts-expect-error a URL is not a Request
verifier.authorize('https://api.test/')
// @ts-expect-error requirements that are undefined would ask for nothing
verifier.authorize(request, undefined)
// @ts-expect-error nor may they for a token
verifier.authorizeToken('token', undefined)
// @ts-expect-error nor for a verifier that is to ask more
verifier.require(undefined)
// @ts-expect-error who names requirements is never told to skip
if ((await verifier.authorize(request, {})).outcome === 'skip') verifier.warmup()
// @ts-expect-error nor is who named them before
if ((await verifier.require({}).authorize(request)).outcome === 'skip') verifier.warmup()
// @ts-expect-error what may skip does not do for what never does
export const neverSkips: MandateVerifier<Admission | Denial> = verifier
// @ts-expect-error a token is text
verifier.authorizeToken(request)

// What was decided cannot be changed, nor what is configured.

export function changes(mandate: Mandate, context: CaracalContext, denial: Denial, options: CaracalOptions) {
  // @ts-expect-error read-only
  mandate.sub = 'user-2'
  // @ts-expect-error read-only
  mandate.scopes.push('admin')
  // @ts-expect-error read-only
  for (const link of mandate.delegationChain) link.applicationId = 'app-2'
  // @ts-expect-error read-only
  context.caracal = mandate
  // @ts-expect-error read-only
  denial.status = 200
  // @ts-expect-error read-only
  denial.requiredScopes.pop()
  // @ts-expect-error read-only
  options.requiredScopes = []
  // @ts-expect-error read-only
  options.exclude?.push('/admin')
}
export function changesEvent(event: DecisionEvent) {
  // @ts-expect-error read-only
  event.outcome = 'admit'
}

// A decision says which it is before it says more.

// @ts-expect-error not every decision has a mandate
decision.mandate
// @ts-expect-error not every decision has a code
decision.code
// @ts-expect-error only a denial is rendered
denialResponse(decision)
// @ts-expect-error only a denial is rendered
denialResponse({ outcome: 'admit', mandate })
// @ts-expect-error only a denial is rendered
if (decision.outcome === 'admit') denialResponse(decision)
// @ts-expect-error only a denial is rendered
if (decision.outcome === 'skip') denialResponse(decision)
// @ts-expect-error a refusal has no mandate
if (decision.outcome === 'deny') decision.mandate
// @ts-expect-error no such outcome
if (decision.outcome === 'allow') denialResponse(denial)
// @ts-expect-error no such code
if (denial.code === 'unauthorized') denialResponse(denial)
// @ts-expect-error no path, so that nothing is skipped
if ((await verifier.authorizeToken('token')).outcome === 'skip') denialResponse(denial)

// Events.

// @ts-expect-error only an admission has a subject
event.sub
// @ts-expect-error an event has no mandate
if (event.outcome === 'admit') event.mandate
// @ts-expect-error an event holds no description
if (event.outcome === 'deny') event.description
// @ts-expect-error a token's request is undefined
createMandateVerifier({ revocations, onDecision: (_event, request) => console.log(request.url) })

// Stores.

// @ts-expect-error an answer has both members
export const noEpoch: RevocationStore = { lookup: () => ({ revoked: false }) }
// @ts-expect-error an answer is not a bare boolean
export const bareBoolean: RevocationStore = { lookup: async () => false }
// @ts-expect-error an answer is never null
export const nullAnswer: RevocationStore = { lookup: () => null }
// @ts-expect-error revoked is true or false
export const count: RevocationStore = { lookup: () => ({ revoked: 0, delegationEpoch: 0 }) }
const nothing = { revoked: false, delegationEpoch: 0 }
// @ts-expect-error asked for everything at once
export const oneByOne: RevocationStore = { lookup: (_anchor: string) => nothing }
// @ts-expect-error a store that is only read cannot be written to
export const readOnly: WritableRevocationStore = { lookup: () => nothing }
export const needsZone: RevocationStore = {
  // @ts-expect-error the zone may be undefined
  lookup: ({ zoneId }) => ({ revoked: false, delegationEpoch: zoneId.length }),
}
// @ts-expect-error unknown name
export const ttl = new InMemoryRevocationStore({ ttlMs: 1 })
// @ts-expect-error a number
export const entries = new InMemoryRevocationStore({ maxEntries: '10' })
// @ts-expect-error the token is missing
export const noToken = new UpstashRevocationStore({ url: 'https://redis.test' })
// @ts-expect-error unknown name
export const prefix = new UpstashRevocationStore({ url: 'https://redis.test', token: 'token', prefix: '' })
// @ts-expect-error a number
revocations.markRevoked('sid', '1000')
// @ts-expect-error a number or a bigint
revocations.markDelegationEpoch('zone-1', '3')

// @ts-expect-error unsigned streams are accepted in so many words
syncRevocations({ unsignedStreams: true })
// @ts-expect-error the key is written in hexadecimal
syncRevocations({ hmacKey: new Uint8Array(32) })
// @ts-expect-error unknown name
syncRevocations({ group: 'mine' })
// @ts-expect-error no kind of loss
syncRevocations({ giveUp: ['stale'] })
// @ts-expect-error a list
syncRevocations({ giveUp: 'restarted' })

// The test issuer.

// @ts-expect-error a number
export const textHops: MandateDepartures = { hops: '1' }
const issuer = createTestIssuer()
// @ts-expect-error a number
issuer.mint({ hops: '1' })
// @ts-expect-error only its absence is a departure
issuer.mint({ agent: true })
// @ts-expect-error no such key
issuer.mint({ key: 'wrong' })
// @ts-expect-error a list
issuer.mint({ scopes: 'read write' })
// @ts-expect-error true or false
issuer.mint({ expired: 'yes' })
// @ts-expect-error unknown name
createTestIssuer({ zone: 'zone-1' })
// @ts-expect-error the whole mandate, not its id
issuer.revoke(1)

// Authority.

// @ts-expect-error undefined on an excluded path
withCaracal((_request, { authority }) => Response.json(authority.mandate), {
  revocations,
  exclude: ['/open'],
})
// @ts-expect-error not every request was admitted
authorityOf(request).mandate
// @ts-expect-error requirements are needed
authority.meets()
// @ts-expect-error undefined requirements are a mistake
authority.meets(undefined)
// @ts-expect-error scopes are a list
authority.meets({ requiredScopes: 'read' })
// @ts-expect-error what a mandate is valid for is no requirement
authority.meets({ audience: 'resource://api' })
// @ts-expect-error a decision is promised
authority.recheck().outcome
// @ts-expect-error requirements are for meets
authority.recheck({ requiredScopes: ['read'] })
// @ts-expect-error readonly
authority.mandate = mandate
