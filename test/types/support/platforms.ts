// What the platforms pass beside the request, cut down from their own type packages to what matters here.

export interface Env {
  readonly AUDIENCE: string
  readonly UPSTASH_REDIS_REST_URL: string
  readonly UPSTASH_REDIS_REST_TOKEN: string
}

/** Workers. */
export interface ExecutionContext {
  readonly props: unknown
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
}

/** Workers: a Request that knows where it came from. */
export interface IncomingRequest extends Request {
  readonly cf?: { readonly country?: string }
}

/** Workers: the shape of a module's default export. */
export interface ExportedHandler<Bindings> {
  fetch?: (request: IncomingRequest, env: Bindings, ctx: ExecutionContext) => Response | Promise<Response>
  scheduled?: (controller: { readonly cron: string }, env: Bindings, ctx: ExecutionContext) => void
}

/** Deno. */
export interface ServeHandlerInfo {
  readonly remoteAddr: { readonly hostname: string }
}

type DenoHandler = (request: Request, info: ServeHandlerInfo) => Response | Promise<Response>

export declare const Deno: {
  serve(handler: DenoHandler): { shutdown(): Promise<void> }
  serve(options: { port?: number }, handler: DenoHandler): { shutdown(): Promise<void> }
}

/** Deno: the shape of a default export for `deno serve`. */
export interface DenoModule {
  fetch: DenoHandler
}

/** Bun. */
export interface Server {
  upgrade(request: Request): boolean
}

export interface ServerWebSocket {
  send(text: string): number
}

export declare const Bun: {
  serve(options: {
    port?: number
    fetch: (
      this: Server,
      request: Request,
      server: Server,
    ) => Response | undefined | Promise<Response | undefined>
    websocket?: { message: (socket: ServerWebSocket, text: string) => void }
  }): Server
}

/** Next.js. */
export interface NextRequest extends Request {
  readonly nextUrl: { readonly pathname: string; readonly searchParams: URLSearchParams }
}

/** Next.js: what its build checks the exports of a `route.ts` against. */
export type RouteHandler<Params> = (
  request: NextRequest,
  context: { params: Promise<Params> },
) => Response | Promise<Response>
