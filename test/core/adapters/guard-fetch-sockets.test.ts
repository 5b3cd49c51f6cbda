// Bun's WebSockets behind `guardFetch`, with a mock of Bun's server; test/runtimes has the real one.

import { type CaracalOptions, mandateOf } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'
import { isWorkerd, upgrading } from '../support/upgrade.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const { options: defaults } = issuer
/** Promises that the server has the handlers of the guarded app. */
const options = { ...defaults, websocketDenial: 'close' } as const
const EVENTS = ['open', 'message', 'drain', 'close', 'error', 'ping', 'pong']

interface Socket {
  data: unknown
  readonly closed: readonly unknown[]
}

type WebSocketDenial = NonNullable<CaracalOptions['websocketDenial']>

type Handlers = Readonly<Record<string, (...given: readonly unknown[]) => unknown>>

/** Accepts upgrades as Bun does, and records their options. */
class Server {
  readonly sockets: Socket[] = []
  readonly headers: unknown[] = []
  readonly #accepts: boolean

  constructor(accepts = true) {
    this.#accepts = accepts
  }

  upgrade(
    _: Request,
    { data, headers }: { readonly data?: unknown; readonly headers?: unknown } = {},
  ): boolean {
    if (!this.#accepts) return false
    const closed: unknown[] = []
    this.sockets.push(Object.assign({ data, closed }, { close: (...how: unknown[]) => closed.push(how) }))
    this.headers.push(headers)
    return true
  }

  get socket(): Socket {
    const socket = this.sockets.at(-1)
    return socket ?? expect.fail('There is no socket.')
  }
}

/** An app that upgrades every request that reaches it, with the given data. */
function socketApp(websocket: unknown, data: unknown = { mine: true }) {
  return {
    websocket,
    fetch(request: Request, server: Server) {
      return server.upgrade(request, { data }) ? undefined : new Response('no socket', { status: 426 })
    },
  }
}

/** Handlers for every event, and the events that they got. */
function recordingHandlers() {
  const heard: unknown[] = []
  const handlers = Object.fromEntries(
    EVENTS.map((event) => [
      event,
      function (this: unknown, ...given: readonly unknown[]) {
        heard.push([event, this === handlers, ...given])
        return `${event} done`
      },
    ]),
  )
  return { handlers, heard }
}

const handlersOf = (guarded: { readonly websocket: unknown }) => guarded.websocket as Handlers

describe('a refused upgrade', () => {
  it('is accepted, and closed with 1008 and the code as soon as it is open', async () => {
    const { handlers } = recordingHandlers()
    const guarded = guardFetch(socketApp(handlers), { ...options, requiredScopes: ['admin'] })
    for (const [request, code] of [
      [anonymous(), 'missing_token'],
      [bearer(token), 'insufficient_scope'],
    ] as const) {
      const server = new Server()
      expect(await guarded.fetch(upgrading(request), server)).toBeUndefined()
      expect(server.socket.closed).toEqual([])
      handlersOf(guarded).open?.(server.socket)
      expect(server.socket.closed).toEqual([[1008, code]])
    }
  })

  it('reaches no handler of the app', async () => {
    const { handlers, heard } = recordingHandlers()
    const guarded = guardFetch(socketApp(handlers), options)
    const server = new Server()
    await guarded.fetch(upgrading(anonymous()), server)
    for (const event of EVENTS) handlersOf(guarded)[event]?.(server.socket, 'more')
    expect([heard, server.socket.closed.length]).toEqual([[], 1])
  })

  it('is closed even if the app has no open handler', async () => {
    const guarded = guardFetch(socketApp({ message() {} }), options)
    const server = new Server()
    await guarded.fetch(upgrading(anonymous()), server)
    handlersOf(guarded).open?.(server.socket)
    expect(server.socket.closed).toEqual([[1008, 'missing_token']])
  })

  it.each([
    { offered: 'chat, other', headers: { 'Sec-WebSocket-Protocol': 'chat' } },
    { offered: `${token}, chat`, headers: { 'Sec-WebSocket-Protocol': 'chat' } },
    { offered: undefined, headers: {} },
  ])('accepts the first short subprotocol that is offered: $offered', async ({ offered, headers }) => {
    const guarded = guardFetch(socketApp({}), options)
    const server = new Server()
    const asked = upgrading(anonymous(), offered === undefined ? {} : { 'sec-websocket-protocol': offered })
    await guarded.fetch(asked, server)
    expect(server.headers).toEqual([headers])
  })

  // On Workers, the runtime itself can close a socket that this server did not accept.
  it.each<{ where: string; offered?: string; accepts?: false; denial?: WebSocketDenial; status: number }>([
    { where: 'the server does not take it', accepts: false, status: isWorkerd ? 101 : 401 },
    { where: 'its subprotocol may be a token', offered: token, status: 401 },
    { where: 'that is asked for', denial: 'http', status: 401 },
  ])('is answered as on other runtimes if $where', async ({ offered, accepts, denial = 'close', status }) => {
    const guarded = guardFetch(socketApp({}), { ...options, websocketDenial: denial })
    const server = new Server(accepts)
    const asked = upgrading(anonymous(), offered === undefined ? {} : { 'sec-websocket-protocol': offered })
    expect((await guarded.fetch(asked, server))?.status).toBe(status)
    expect(server.sockets).toEqual([])
  })

  it('is not accepted without the option: the guard cannot know which handlers the server has', async () => {
    const { handlers } = recordingHandlers()
    for (const given of [defaults, () => defaults]) {
      const guarded = guardFetch(socketApp(handlers), given)
      // That somebody reads them does not mean that they are served.
      for (const event of EVENTS) Reflect.get(handlersOf(guarded), event)
      const server = new Server()
      const response = await guarded.fetch(upgrading(anonymous()), server)
      expect([response?.status, server.sockets]).toEqual([isWorkerd ? 101 : 401, []])
    }
  })

  it('is refused even if the server says that the request is not its own', async () => {
    const guarded = guardFetch(socketApp({}), options)
    const server = Object.assign(new Server(), {
      upgrade() {
        throw new TypeError('upgrade requires a Request object')
      },
    })
    expect((await guarded.fetch(upgrading(anonymous()), server))?.status).toBe(isWorkerd ? 101 : 401)
  })

  it('does not use the server if the request asks for no WebSocket', async () => {
    const server = new Server()
    expect((await guardFetch(socketApp({}), options).fetch(anonymous(), server))?.status).toBe(401)
    expect(server.sockets).toEqual([])
  })

  it.each([undefined, null, {}, { upgrade: true }, 'server'])(
    'is refused without a server that can upgrade: %j',
    async (server) => {
      const guarded = guardFetch(socketApp({}), options)
      const response = await guarded.fetch(upgrading(anonymous()), server as unknown as Server)
      expect(response?.status).toBe(isWorkerd ? 101 : 401)
    },
  )

  it.each([undefined, null, () => {}])(
    'is answered in plain HTTP if the app has no handlers: %s',
    async (websocket) => {
      const server = new Server()
      const guarded = guardFetch(socketApp(websocket), options)
      expect((await guarded.fetch(upgrading(anonymous()), server))?.status).toBe(isWorkerd ? 101 : 401)
      expect(server.sockets).toEqual([])
    },
  )
})

describe('an admitted upgrade', () => {
  it('belongs to the app, whose handlers get every event as without a guard', async () => {
    const { handlers, heard } = recordingHandlers()
    const guarded = guardFetch(socketApp(handlers), options)
    const server = new Server()
    const request = upgrading(bearer(token))
    expect(await guarded.fetch(request, server)).toBeUndefined()
    expect(mandateOf(request)?.sub).toBe('user-1')
    const { socket } = server
    const results = EVENTS.map((event) => handlersOf(guarded)[event]?.(socket, 'more', 7))
    expect(heard).toEqual(EVENTS.map((event) => [event, true, socket, 'more', 7]))
    expect(results).toEqual(EVENTS.map((event) => `${event} done`))
    expect(socket.closed).toEqual([])
  })

  it('can be refused by the app', async () => {
    const guarded = guardFetch(socketApp({}), options)
    const response = await guarded.fetch(upgrading(bearer(token)), new Server(false))
    expect([response?.status, await response?.text()]).toEqual([426, 'no socket'])
  })

  it('reaches handlers that are methods of a class, with its settings', async () => {
    class Sockets {
      readonly idleTimeout = 7
      readonly #heard: unknown[] = []
      message(_: unknown, text: string) {
        this.#heard.push(text)
      }
      get heard() {
        return this.#heard
      }
    }
    const sockets = new Sockets()
    const guarded = guardFetch(socketApp(sockets), options)
    const server = new Server()
    await guarded.fetch(upgrading(bearer(token)), server)
    const { open, message } = handlersOf(guarded)
    open?.(server.socket)
    message?.(server.socket, 'hello')
    expect([sockets.heard, server.socket.closed]).toEqual([['hello'], []])
    expect(guarded.websocket).toMatchObject({ idleTimeout: 7 })
    expect(Object.keys(handlersOf(guarded)).sort()).toEqual(['idleTimeout', 'message', 'open'])
  })

  it.each<{ data: unknown }>([
    { data: undefined },
    { data: null },
    { data: 'missing_token' },
    { data: { code: 'missing_token' } },
    { data: Object.assign(Object.create({ constructor: { name: 'Refused' } }), { code: 'missing_token' }) },
  ])('is never mistaken for a refused one, whatever its data: $data', async ({ data }) => {
    const { handlers, heard } = recordingHandlers()
    const guarded = guardFetch(socketApp(handlers, data), options)
    const server = new Server()
    await guarded.fetch(upgrading(bearer(token)), server)
    handlersOf(guarded).message?.(server.socket, 'hello')
    expect([heard.length, server.socket.closed]).toEqual([1, []])
  })
})
