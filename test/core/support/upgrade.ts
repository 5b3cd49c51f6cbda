// WebSocket handshakes: how a client asks for one, and what it gets when a Worker has answered.

export const isWorkerd = 'WebSocketPair' in globalThis

export const HANDSHAKE = {
  upgrade: 'websocket',
  connection: 'Upgrade',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
}

/** The same request, asking for a WebSocket. */
export function upgrading(request: Request, headers: Readonly<Record<string, string>> = {}): Request {
  const all = Object.fromEntries([...request.headers, ...Object.entries({ ...HANDSHAKE, ...headers })])
  return new Request(request.url, { method: request.method, headers: all })
}

interface ClientSocket extends WebSocket {
  accept(): void
}

/** The two ends of a socket. Only workerd has them. */
export function socketPair(): readonly [client: ClientSocket, server: ClientSocket] {
  const { WebSocketPair } = globalThis as unknown as { WebSocketPair: new () => ArrayLike<ClientSocket> }
  const { 0: client, 1: server } = new WebSocketPair()
  if (client === undefined || server === undefined) throw new Error('A pair has two ends.')
  return [client, server]
}

/** The end of the socket that a client gets with a 101, open for messages. */
export function socketOf(response: Response): ClientSocket {
  const { webSocket } = response as Response & { readonly webSocket?: ClientSocket | null }
  if (!webSocket) throw new Error(`No socket comes with ${response.status}.`)
  webSocket.accept()
  return webSocket
}

/** The code and reason that a client gets when the other end closes. */
export async function closingOf(response: Response): Promise<readonly [code: number, reason: string]> {
  const socket = socketOf(response)
  return new Promise((resolve) => {
    socket.addEventListener('close', ({ code, reason }) => resolve([code, reason]))
  })
}

/** Upgrades as Deno does. Node cannot create a 101 response; test/runtimes has the real Deno. */
export function denoLike() {
  const closed: unknown[] = []
  const socket = { close: (...how: readonly unknown[]) => closed.push(how), onopen: () => {} }
  const response = Object.defineProperty(new Response(), 'status', { value: 101 })
  const asked: unknown[] = []
  const upgradeWebSocket = (_: Request, options: unknown) => {
    asked.push(options)
    return { socket, response }
  }
  return { closed, socket, response, asked, Deno: { upgradeWebSocket, env: { get: () => undefined } } }
}
