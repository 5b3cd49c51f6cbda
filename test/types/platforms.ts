// What a platform passes beside the request reaches the handler and is asked of the caller, with its type.

import { type GuardedFetch, InMemoryRevocationStore, type Mandate, withCaracal } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { exactly } from './support/exactly.ts'
import {
  Bun,
  Deno,
  type Env,
  type ExecutionContext,
  type ExportedHandler,
  type IncomingRequest,
  type NextRequest,
  type RouteHandler,
  type ServeHandlerInfo,
  type Server,
} from './support/platforms.ts'

declare const env: Env
declare const ctx: ExecutionContext
const request = new Request('https://api.test/')
const revocations = new InMemoryRevocationStore()
const answer = new Response()

// Workers, by the handler's annotations.
export const worker = withCaracal(
  (request, { caracal }, env: Env, ctx: ExecutionContext) => {
    exactly<Request>()(request)
    exactly<Mandate>()(caracal)
    ctx.waitUntil(Promise.resolve(env.AUDIENCE))
    return answer
  },
  { revocations },
)
exactly<Promise<Response>>()(worker(request, env, ctx))
exactly<Promise<void>>()(worker.warmup(env, ctx))
export const asGuardedFetch: GuardedFetch<[Env, ExecutionContext]> = worker

// Workers, by what the platform expects.
export const module = {
  fetch: withCaracal(
    (request, { caracal }, env, ctx) => {
      exactly<IncomingRequest>()(request)
      exactly<Mandate>()(caracal)
      exactly<Env>()(env)
      exactly<ExecutionContext>()(ctx)
      return answer
    },
    { revocations },
  ),
} satisfies ExportedHandler<Env>
exactly<Promise<Response>>()(module.fetch(request, env, ctx))
exactly<Promise<void>>()(module.fetch.warmup(env, ctx))

export const typedModule: ExportedHandler<Env> = {
  fetch: withCaracal(
    (_request, { caracal }, env) => {
      exactly<Mandate | undefined>()(caracal)
      exactly<Env>()(env)
      return answer
    },
    { revocations, exclude: ['/healthz'] },
  ),
  scheduled() {},
}

// Options from the bindings: the function may name fewer arguments than the handler, as many, or more.
export const fewer = withCaracal(
  (_request, { caracal }, env: Env, ctx: ExecutionContext) => {
    exactly<Mandate>()(caracal)
    ctx.waitUntil(Promise.resolve(env.AUDIENCE))
    return answer
  },
  (env: Env) => ({ audience: env.AUDIENCE, revocations: UpstashRevocationStore.fromEnv(env) }),
)
exactly<Promise<Response>>()(fewer(request, env, ctx))
exactly<Promise<void>>()(fewer.warmup(env, ctx))

export const none = withCaracal(
  (_request, _context, env: Env, ctx: ExecutionContext) => {
    ctx.waitUntil(Promise.resolve(env.AUDIENCE))
    return answer
  },
  () => ({ revocations: UpstashRevocationStore.fromEnv() }),
)
exactly<Promise<Response>>()(none(request, env, ctx))

export const asMany = withCaracal(
  (_request, _context, _env: Env) => answer,
  (env: Env) => ({ revocations: UpstashRevocationStore.fromEnv(env) }),
)
exactly<Promise<Response>>()(asMany(request, env))

export const more = withCaracal(
  () => answer,
  (env: Env, _ctx: ExecutionContext) => ({ revocations: UpstashRevocationStore.fromEnv(env) }),
)
exactly<Promise<Response>>()(more(request, env, ctx))
exactly<Promise<void>>()(more.warmup(env, ctx))
export const asModule = { fetch: more } satisfies ExportedHandler<Env>

export const unannotated = withCaracal(
  (_request, _context, _env: Env, _ctx: ExecutionContext) => answer,
  (env) => {
    exactly<Env>()(env)
    return { revocations: UpstashRevocationStore.fromEnv(env) }
  },
)

export const moduleWithBindings = {
  fetch: withCaracal(
    (_request, { caracal }, env, ctx) => {
      exactly<Mandate>()(caracal)
      exactly<Env>()(env)
      exactly<ExecutionContext>()(ctx)
      return answer
    },
    (env) => ({ audience: env.AUDIENCE, revocations: UpstashRevocationStore.fromEnv(env) }),
  ),
} satisfies ExportedHandler<Env>

export const moduleWithExclude = {
  fetch: withCaracal(
    (_request, { caracal }, env, ctx) => {
      exactly<Mandate | undefined>()(caracal)
      exactly<Env>()(env)
      exactly<ExecutionContext>()(ctx)
      return answer
    },
    (env: Env) => ({ revocations: UpstashRevocationStore.fromEnv(env), exclude: ['/healthz'] }),
  ),
} satisfies ExportedHandler<Env>

// A function that names only the binding it needs.
export const partOfEnv = withCaracal(
  (_request, _context, _env: Env) => answer,
  ({ AUDIENCE }: { readonly AUDIENCE: string }) => ({ audience: AUDIENCE, revocations }),
)
exactly<Promise<Response>>()(partOfEnv(request, env))

// Deno.
export const denoHandler = withCaracal(
  (_request, { caracal }, info: ServeHandlerInfo) => Response.json([caracal.sub, info.remoteAddr.hostname]),
  { revocations },
)
Deno.serve(denoHandler)
Deno.serve({ port: 8000 }, denoHandler)
Deno.serve(withCaracal((_request, { caracal }) => Response.json(caracal.sub), { revocations }))

// Bun.
export const bunServer = Bun.serve({
  fetch: withCaracal(
    (request, { caracal }, server: Server) => {
      exactly<Mandate>()(caracal)
      return new Response(null, { status: server.upgrade(request) ? 200 : 400 })
    },
    { revocations },
  ),
})
Bun.serve({
  fetch: withCaracal(
    (_request, _context, server) => {
      exactly<Server>()(server)
      return answer
    },
    { revocations },
  ),
})

// Next.js, whose request is a subclass.
type InvoiceParams = { params: Promise<{ id: string }> }

export const GET = withCaracal(
  async (request: NextRequest, { caracal }, { params }: InvoiceParams) => {
    exactly<Mandate>()(caracal)
    exactly<{ id: string }>()(await params)
    return Response.json({ path: request.nextUrl.pathname })
  },
  { revocations },
)
export const nextRoute: RouteHandler<{ id: string }> = GET

export const POST: RouteHandler<{ id: string }> = withCaracal(
  async (request, { caracal }, { params }) => {
    exactly<NextRequest>()(request)
    exactly<Mandate>()(caracal)
    exactly<{ id: string }>()(await params)
    return answer
  },
  { revocations },
)

// Node, service workers and everything else that passes a request and nothing more.
export const plain = withCaracal((_request, { caracal }) => Response.json(caracal.sub), { revocations })
exactly<GuardedFetch<[]>>()(plain)
exactly<Promise<Response>>()(plain(request))
exactly<Promise<void>>()(plain.warmup())
export const asFetch: (request: Request) => Promise<Response> = plain

// Where nobody says what the platform passes, nothing is claimed about it.
export const unknownPlatform = withCaracal(
  (_request, _context, environment) => {
    exactly<unknown>()(environment)
    return answer
  },
  { revocations },
)
