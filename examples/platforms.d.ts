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
