// Options that a function returns. An unknown name in them must be an error of the compiler, as in an object.

import { type CaracalOptions, InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { type CaracalHonoOptions, caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import type { Env, ExecutionContext } from './support/platforms.ts'

const revocations = new InMemoryRevocationStore()
const issuer = createTestIssuer()
const handler = () => new Response()
const worker = (_request: Request, _context: unknown, _env: Env, _ctx: ExecutionContext) => new Response()
const app = { fetch: (_request: Request, _env: Env) => new Response() }
const isStaging = Date.now() > 0

// withCaracal.

// @ts-expect-error unknown name
withCaracal(handler, () => ({ revocations, required_scopes: ['read'] }))
// @ts-expect-error unknown name
withCaracal(handler, () => ({ revocations, requireSession: true }))
// @ts-expect-error unknown name beside everything that is known
withCaracal(handler, () => ({ ...issuer.options, exclude: ['/x'], excludes: ['/x'] }))
// @ts-expect-error unknown name that comes from the environment
withCaracal(worker, (env) => ({ revocations, audiense: env.AUDIENCE }))
// @ts-expect-error unknown name that comes from an environment whose type is written here
withCaracal(worker, (env: Env) => ({ revocations, audiense: env.AUDIENCE }))
// biome-ignore lint/suspicious/noExplicitAny: so do JavaScript and environments without types
const untyped: any = {}
// @ts-expect-error unknown name of a value without a type
withCaracal(handler, () => ({ revocations, audiense: untyped.AUDIENCE }))
// @ts-expect-error unknown name in one of two
withCaracal(handler, () => (isStaging ? { revocations, requireAgents: true } : { revocations }))
const written = () => {
  const options = { revocations, required_scopes: ['read'] }
  return options
}
// @ts-expect-error unknown name in a function of its own
withCaracal(handler, written)
// @ts-expect-error unknown name in a route
withCaracal(handler, () => ({ revocations, routes: { '/a': { requireScopes: ['read'] } } }))
// @ts-expect-error an option of the whole guard in a route
withCaracal(handler, () => ({ revocations, routes: { '/a': { exclude: ['/a/b'] } } }))
// @ts-expect-error unknown name in keySet
withCaracal(handler, () => ({ revocations, keySet: { maxAge: 60_000 } }))
// @ts-expect-error unknown name in verifiedTokenCache
withCaracal(handler, () => ({ revocations, verifiedTokenCache: { max: 3 } }))
// @ts-expect-error a name of other variables
withCaracal(handler, () => ({ revocations, store: revocations }))

// guardFetch.

// @ts-expect-error unknown name
guardFetch(app, () => ({ revocations, required_scopes: ['read'] }))
// @ts-expect-error unknown name that comes from the environment
guardFetch(app, (env: Env) => ({ revocations, audiense: env.AUDIENCE }))
// @ts-expect-error unknown name in a route
guardFetch(app, () => ({ revocations, routes: { '/a': { requireScopes: ['read'] } } }))
// @ts-expect-error unknown name for a framework's app
guardFetch(new Hono(), () => ({ revocations, zoneId: 'zone-1' }))

// caracal.

// @ts-expect-error unknown name
caracal(() => ({ required_scopes: ['read'] }))
// @ts-expect-error unknown name that comes from the environment
caracal((env: Env) => ({ audiense: env.AUDIENCE }))
// @ts-expect-error unknown name in a route
caracal(() => ({ routes: { '/a': { requireScopes: ['read'] } } }))
// @ts-expect-error unknown name in keySet
caracal(() => ({ keySet: { maxAge: 60_000 } }))

/** What compiles all the same. */
export const correct = [
  withCaracal(handler, () => ({
    ...issuer.options,
    exclude: ['/x', { exact: '/' }],
    routes: { '/a': { requiredScopes: ['read'] }, 'POST /b': { requireAgent: true } },
    keySet: { maxAgeMs: 60_000, fetch: (url, init) => fetch(url, init) },
    verifiedTokenCache: false,
    onDecision: (event) => console.log(event.outcome),
  })),
  withCaracal(handler, () => (isStaging ? { revocations, requireAgent: true } : { revocations })),
  withCaracal(handler, (): CaracalOptions => ({ revocations })),
  withCaracal(worker, (env) => ({ revocations, audience: env.AUDIENCE })),
  guardFetch(app, (env: Env) => ({ revocations, audience: env.AUDIENCE, routes: { '/a': {} } })),
  guardFetch(app, (): CaracalOptions => ({ revocations })),
  caracal((env: Env) => ({ audience: env.AUDIENCE })),
  caracal(() => ({})),
  caracal((): CaracalHonoOptions => ({ requireAgent: true })),
]
