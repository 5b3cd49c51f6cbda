// Wrong uses of the adapters, each of which must be an error of the compiler: one directive for each line.

import { InMemoryRevocationStore } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { type CaracalEnv, caracal, type OptionalCaracalEnv, requireMandate } from 'caracal-edge/hono'
import { Hono, type MiddlewareHandler } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Env, ExportedHandler } from './support/platforms.ts'

const request = new Request('https://api.test/')
const revocations = new InMemoryRevocationStore()
const handler = () => new Response()
const otherOptions = (_env: { readonly OTHER: string }) => ({ revocations })

// Apps with a fetch.

const app = { fetch: (_request: Request, _env: Env) => new Response(), scheduled: (_cron: string) => 1 }
// @ts-expect-error a handler is not an app
guardFetch(handler, { revocations })
// @ts-expect-error an app has a fetch
guardFetch({ scheduled() {} }, { revocations })
// @ts-expect-error a fetch is a function
guardFetch({ fetch: 'https://api.test/' }, { revocations })
// @ts-expect-error an app is needed
guardFetch(null, { revocations })
// @ts-expect-error a promise of an app is not an app
guardFetch(Promise.resolve(app), { revocations })
// @ts-expect-error options are needed
guardFetch(app)
// @ts-expect-error revocations are not optional
guardFetch(app, { audience: 'resource://api' })
// @ts-expect-error a promise of options is not the options
guardFetch(app, async () => ({ revocations }))
// @ts-expect-error app and options have different environments
guardFetch(app, otherOptions)
// @ts-expect-error unknown name
guardFetch(app, { revocations, required_scopes: ['read'] })
// @ts-expect-error no such answer
guardFetch(app, { revocations, websocketDenial: 'refuse' })
// @ts-expect-error an answer for all routes
guardFetch(app, { revocations, routes: { '/ws': { websocketDenial: 'http' } } })
const guardedApp = guardFetch(app, { revocations })
// @ts-expect-error env is missing
guardedApp.fetch(request)
// @ts-expect-error warmup takes the platform's arguments
guardedApp.fetch.warmup()
// @ts-expect-error the app has no such member
guardedApp.queue()
// @ts-expect-error a member keeps its type
guardedApp.scheduled(1)
// @ts-expect-error the guard stays
guardedApp.fetch = app.fetch
// @ts-expect-error Workers pass bindings of another type
export const otherApp: ExportedHandler<{ readonly OTHER: string }> = guardedApp
// @ts-expect-error a guarded app is not an app of the framework, whose parts could be used without the guard
new Hono().route('/api', guardFetch(new Hono(), { revocations }))

// Hono.

// @ts-expect-error undefined on an excluded path
new Hono<OptionalCaracalEnv>().get('/', (c) => c.json(c.var.authority.mandate))

// @ts-expect-error undefined on an excluded path
new Hono().use(caracal({ exclude: ['/healthz'] })).get('/', (c) => c.text(c.var.caracal.sub))
// @ts-expect-error undefined on an excluded path of a function's options
new Hono().use(caracal(() => ({ exclude: ['/healthz'] }))).get('/', (c) => c.text(c.var.caracal.sub))
// @ts-expect-error undefined on an excluded path
new Hono<OptionalCaracalEnv>().get('/', (c) => c.text(c.var.caracal.sub))
// @ts-expect-error undefined on an excluded path, by the earlier name
new Hono<CaracalEnv<string[]>>().get('/', (c) => c.text(c.var.caracal.sub))
const excluding = caracal({ exclude: ['/healthz'] })
// @ts-expect-error the app's type promises a mandate, but the guard excludes a path
new Hono<CaracalEnv>().use(excluding).get('/', (c) => c.text(c.var.caracal.sub))
// @ts-expect-error the same for `get`
new Hono<CaracalEnv>().use(excluding).get('/', (c) => c.text(c.get('caracal').sub))
// @ts-expect-error the same for a guard on some paths
new Hono<CaracalEnv>().use('/x/*', excluding).get('/x/y', (c) => c.text(c.var.caracal.sub))
// @ts-expect-error the same for a guard in a route
new Hono<CaracalEnv>().get('/', excluding, (c) => c.text(c.var.caracal.sub))
// @ts-expect-error the same for a function's options
new Hono<CaracalEnv>().use(caracal(() => ({ exclude: ['/x'] }))).get('/', (c) => c.text(c.var.caracal.sub))
// @ts-expect-error the same for a guard by itself
export const promised: MiddlewareHandler<CaracalEnv> = excluding
const audit = createMiddleware<CaracalEnv>(async (_c, next) => next())
// @ts-expect-error a middleware that needs a mandate, behind a guard that excludes a path
new Hono().use(excluding, audit).get('/', (c) => c.text(c.var.caracal.sub))
// @ts-expect-error no guard, no mandate
new Hono().get('/', (c) => c.text(c.var.caracal.sub))
// @ts-expect-error it checks a mandate that a guard has verified, and verifies none itself
new Hono().get('/', requireMandate({}), (c) => c.text(c.var.caracal.sub))
// @ts-expect-error a mandate has no such claim
new Hono<CaracalEnv>().get('/', (c) => c.text(c.var.caracal.scopez))
// @ts-expect-error read-only
new Hono<CaracalEnv>().get('/', (c) => c.json(c.var.caracal.scopes.pop()))
// @ts-expect-error not a mandate
new Hono<CaracalEnv>().get('/', (c) => c.text(`${c.set('caracal', 'user-1')}`))
// @ts-expect-error unknown name
caracal({ required_scopes: ['read'] })
// @ts-expect-error undefined is not a store
caracal({ revocations: undefined })
// @ts-expect-error a class is not a store
caracal({ revocations: InMemoryRevocationStore })
// @ts-expect-error a promise of options is not the options
caracal(async () => ({ revocations }))
// @ts-expect-error nothing says what the environment is
caracal((bindings) => ({ audience: bindings.AUDIENCE }))
// @ts-expect-error requirements are needed
requireMandate()
// @ts-expect-error the audience is not a requirement: it is the guard's own
requireMandate({ audience: 'resource://other' })
// @ts-expect-error a string is not a list
requireMandate({ requiredScopes: 'admin' })
// @ts-expect-error undefined would erase a requirement
requireMandate({ requiredScopes: undefined })
