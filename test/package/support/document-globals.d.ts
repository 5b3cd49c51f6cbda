// What the blocks of the documents use of platforms whose types are not installed here.

declare namespace Deno {
  interface NetAddr {
    readonly hostname: string
  }
  interface ServeHandlerInfo<Address = NetAddr> {
    readonly remoteAddr: Address
    readonly completed: Promise<void>
  }
  type Handler = (request: Request, info: ServeHandlerInfo) => Response | Promise<Response>
  function serve(handler: Handler): { readonly finished: Promise<void> }
  function serve(options: { readonly port?: number }, handler: Handler): { readonly finished: Promise<void> }
  function upgradeWebSocket(request: Request): { readonly socket: WebSocket; readonly response: Response }
  function cron(name: string, schedule: string, handler: () => unknown): Promise<void>
  const env: { get(name: string): string | undefined }
}

declare namespace Bun {
  interface BunRequest<Path extends string = string> extends Request {
    readonly params: { readonly [name in Path extends `${string}:${infer Name}` ? Name : never]: string }
  }
  interface Server {
    readonly url: URL
    upgrade(request: Request, options?: { readonly data?: unknown }): boolean
  }
  interface ServerWebSocket {
    readonly readyState: number
    send(message: string): void
    close(code?: number, reason?: string): void
  }
  function serve(options: {
    readonly port?: number
    readonly fetch: (request: Request, server: Server) => unknown
    readonly routes?: { readonly [path: string]: unknown }
    readonly websocket?: object
  }): Server
  class RedisClient {
    constructor(url?: string)
    send(command: string, args: readonly string[]): Promise<unknown>
  }
  const env: { readonly [name: string]: string | undefined }
}

interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void
  passThroughOnException(): void
}

interface ScheduledController {
  readonly cron: string
  readonly scheduledTime: number
}

interface Fetcher {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>
}

interface ExportedHandler<Env = unknown> {
  fetch?(request: Request, env: Env, ctx: ExecutionContext): Response | Promise<Response>
  scheduled?(controller: ScheduledController, env: Env, ctx: ExecutionContext): void | Promise<void>
}

interface HibernatingSocket extends WebSocket {
  accept(): void
  serializeAttachment(attachment: unknown): void
  deserializeAttachment(): unknown
}

declare const WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: HibernatingSocket }

interface ResponseInit {
  webSocket?: WebSocket
}

interface DurableObjectNamespace {
  getByName(name: string): Fetcher
}

interface DurableObjectState {
  readonly storage: { getAlarm(): Promise<number | null>; setAlarm(time: number): Promise<void> }
  acceptWebSocket(socket: HibernatingSocket): void
  getWebSockets(): readonly HibernatingSocket[]
}

declare module 'cloudflare:workers' {
  /** The bindings. A project has their types from `wrangler types`. */
  // biome-ignore lint/suspicious/noExplicitAny: each page has bindings of its own.
  export const env: any
  export class WorkerEntrypoint<Env = unknown> {
    protected readonly ctx: ExecutionContext
    protected readonly env: Env
  }
  export class DurableObject<Env = unknown> {
    protected readonly ctx: DurableObjectState
    protected readonly env: Env
    constructor(ctx: DurableObjectState, env: Env)
    fetch(request: Request): Promise<Response>
    webSocketMessage(socket: HibernatingSocket, message: unknown): Promise<void>
    webSocketClose(socket: HibernatingSocket): Promise<void>
    alarm(): Promise<void>
  }
}
