// `guardFetch` gives an app back with the type it had, save that its fetch is guarded.

import { type CaracalOptions, InMemoryRevocationStore, mandateOf } from 'caracal-edge'
import { type GuardedApp, guardFetch } from 'caracal-edge/fetch'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { H3 } from 'h3'
import { Hono } from 'hono'
import { Router } from 'itty-router'
import { exactly } from './support/exactly.ts'
import {
  Bun,
  type DenoModule,
  type Env,
  type ExecutionContext,
  type ExportedHandler,
  type IncomingRequest,
  type ServeHandlerInfo,
  type Server,
  type ServerWebSocket,
} from './support/platforms.ts'

declare const env: Env
declare const ctx: ExecutionContext
declare const incoming: IncomingRequest
declare const server: Server
const request = new Request('https://api.test/')
const options = { audience: 'resource://api', revocations: new InMemoryRevocationStore() }

// Workers, by the platform's own type.
const worker = guardFetch(
  {
    fetch(request, env, ctx) {
      exactly<IncomingRequest>()(request)
      ctx.waitUntil(Promise.resolve(mandateOf(request)?.sub))
      return new Response(env.AUDIENCE)
    },
    scheduled(controller, env) {
      console.log(controller.cron, env.AUDIENCE)
    },
  } satisfies ExportedHandler<Env>,
  (env) => {
    exactly<Env>()(env)
    return { revocations: UpstashRevocationStore.fromEnv(env) }
  },
)
export const workerModule: ExportedHandler<Env> = worker
export const satisfied = worker satisfies ExportedHandler<Env>
exactly<Promise<Response>>()(worker.fetch(incoming, env, ctx))
exactly<Promise<void>>()(worker.fetch.warmup(env, ctx))
exactly<void>()(worker.scheduled({ cron: '* * * * *' }, env))

declare const declared: ExportedHandler<Env>
export const ofDeclared: ExportedHandler<Env> = guardFetch(declared, options)
exactly<Promise<Response>>()(guardFetch(declared, options).fetch(incoming, env, ctx))

// Instrumentation replaces members, whether it keeps the type of a function or not.
worker.fetch = async (request, env, ctx) => worker.fetch(request, env, ctx)
worker.scheduled = (controller, env) => declared.scheduled?.(controller, env, ctx)

// Workers, by annotations.
export const annotated = guardFetch(
  { fetch: async (_request: Request, env: Env) => new Response(env.AUDIENCE) },
  (env: Env) => ({ ...options, audience: env.AUDIENCE }),
)
exactly<Promise<Response>>()(annotated.fetch(request, env))

// Options that name less than the platform passes, or nothing.
export const partOfEnv = guardFetch(declared, ({ AUDIENCE }: { readonly AUDIENCE: string }) => ({
  ...options,
  audience: AUDIENCE,
}))
export const nothingNamed = guardFetch(declared, () => options)
declare const open: CaracalOptions
export const withExclude = [
  guardFetch(declared, open),
  guardFetch(declared, { ...options, exclude: ['/healthz'] }),
]

// Deno.
export const denoModule = guardFetch(
  {
    fetch: (request: Request, info: ServeHandlerInfo) =>
      Response.json([mandateOf(request)?.sub, info.remoteAddr.hostname]),
  },
  options,
) satisfies DenoModule
export const smallest = guardFetch({ fetch: () => new Response() }, options) satisfies DenoModule
exactly<Promise<Response>>()(smallest.fetch(request))

// Bun, whose fetch may answer nothing once it has made a socket of a request.
const sockets = guardFetch(
  {
    port: 3000,
    fetch(request: Request, server: Server) {
      return server.upgrade(request) ? undefined : new Response()
    },
    websocket: { message: (socket: ServerWebSocket, text: string) => socket.send(text) },
  },
  options,
)
exactly<number>()(sockets.port)
exactly<Promise<Response | undefined>>()(sockets.fetch(request, server))
export const bunServer = Bun.serve(sockets)
// The guard itself answers nothing when it has closed a socket.
const onlyResponses = guardFetch({ fetch: () => new Response(), websocket: { message() {} } }, options)
exactly<Promise<Response | undefined>>()(onlyResponses.fetch(request))
export const plainBunServer = Bun.serve(guardFetch({ fetch: (_: Request) => new Response() }, options))

// Hono.
const hono = guardFetch(
  new Hono<{ Bindings: Env }>().get('/', (c) => c.text(c.env.AUDIENCE)),
  (env: Env) => ({
    ...options,
    audience: env.AUDIENCE,
  }),
)
exactly<Promise<Response>>()(hono.fetch(request, env))
exactly<Promise<Response>>()(hono.fetch(request))
export const honoModule = hono satisfies ExportedHandler<Env>
export const plainHono = guardFetch(new Hono(), options) satisfies ExportedHandler<Env>

// H3 and itty-router.
exactly<Promise<Response>>()(guardFetch(new H3(), options).fetch(request))
export const itty = guardFetch(Router(), options).fetch(request)

// A class.
class App {
  readonly name: string = 'app'
  readonly #secret = 'secret'
  fetch(_: Request) {
    return new Response(this.#secret)
  }
  version(major: number) {
    return `${this.name} ${major}`
  }
}
const guarded = guardFetch(new App(), options)
exactly<GuardedApp<App>>()(guarded)
exactly<Promise<Response>>()(guarded.fetch(request))
exactly<string>()(guarded.version(1))
exactly<string>()(guarded.name)
