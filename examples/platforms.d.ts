// The little of Deno, Bun and Node that the examples use. Your own project has their types: `@types/deno` and the like.

declare namespace Deno {
  interface ServeHandlerInfo<Address> {
    readonly remoteAddr: Address
  }
  interface NetAddr {
    readonly hostname: string
  }
  function upgradeWebSocket(request: Request): { readonly socket: WebSocket; readonly response: Response }
}

declare namespace Bun {
  interface BunRequest<Path extends string> extends Request {
    readonly params: { readonly [name in Path extends `${string}:${infer Name}` ? Name : never]: string }
  }
}

declare const process: { readonly env: { readonly [name: string]: string | undefined } }

interface HibernatingSocket extends WebSocket {
  serializeAttachment(attachment: unknown): void
  deserializeAttachment(): unknown
}

declare const WebSocketPair: new () => { readonly 0: WebSocket; readonly 1: HibernatingSocket }

interface ResponseInit {
  readonly webSocket?: WebSocket
}

interface DurableObjectNamespace {
  getByName(name: string): { fetch(request: Request): Promise<Response> }
}

interface DurableObjectState {
  readonly storage: { getAlarm(): Promise<number | null>; setAlarm(time: number): Promise<void> }
  acceptWebSocket(socket: HibernatingSocket): void
  getWebSockets(): readonly HibernatingSocket[]
}

declare module 'cloudflare:workers' {
  /** The bindings of the Worker. `npx wrangler types` writes their types. */
  export const env: { readonly [binding: string]: unknown }
  export class DurableObject<Env> {
    protected readonly ctx: DurableObjectState
    protected readonly env: Env
    constructor(ctx: DurableObjectState, env: Env)
    fetch(request: Request): Promise<Response>
    webSocketMessage(socket: HibernatingSocket, message: unknown): Promise<void>
    webSocketClose(socket: HibernatingSocket): Promise<void>
    alarm(): Promise<void>
  }
}
