// Wrong handlers and arguments, each of which must be an error of the compiler: one directive for each line.

import {
  type CaracalContext,
  type CaracalOptions,
  type GuardedFetch,
  InMemoryRevocationStore,
  mandateOf,
  withCaracal,
} from 'caracal-edge'
import type { Env, ExecutionContext, ExportedHandler, NextRequest } from './support/platforms.ts'

declare const env: Env
declare const ctx: ExecutionContext
declare const open: CaracalOptions
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
