// A room of WebSockets in a Durable Object that hibernates. No timer survives that, so `liveSocket` cannot watch them:
// each socket keeps its mandate, and an alarm checks all of them again.
//
// Needs: CARACAL_STS_URL, CARACAL_ZONE_ID and CARACAL_AUDIENCE, which `npm run issuer` prints, and a Redis at Upstash:
// UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN.
// Start: `node demo/run-worker.mjs examples/worker-durable-object.toml`
// Try:   `npx wscat -c ws://localhost:3000/rooms/7 -H 'Authorization: Bearer <mandate>'`

import { DurableObject } from 'cloudflare:workers'
import { createMandateVerifier, type Mandate, type MandateVerifier, withCaracal } from 'caracal-edge'
import { UpstashRevocationStore } from 'caracal-edge/upstash'

interface Env {
  readonly ROOMS: DurableObjectNamespace
  readonly RECHECK_EVERY_MS: string
  readonly UPSTASH_REDIS_REST_URL: string
  readonly UPSTASH_REDIS_REST_TOKEN: string
}

/** What a socket keeps while the object hibernates. Its attachment can hold 2,048 bytes. */
interface Kept {
  readonly mandate: Mandate
  /** When the first of several checks has failed. */
  readonly failingSince?: number
}

const optionsOf = (env: Env) => ({
  revocations: UpstashRevocationStore.fromEnv(env),
  requiredScopes: ['billing:read'],
})

/** From the Worker to the object. What a client sends under this name is overwritten. */
const MANDATE = 'X-Verified-Mandate'
const POLICY_VIOLATION = 1008
const OPEN = 1

export default {
  // The guard is in the Worker, so that nobody without a mandate wakes an object.
  fetch: withCaracal((request, { caracal }, env: Env) => {
    if (request.headers.get('Upgrade') !== 'websocket') {
      return new Response('A WebSocket, please', { status: 426 })
    }
    const admitted = new Request(request)
    admitted.headers.set(MANDATE, encodeURIComponent(JSON.stringify(caracal)))
    return env.ROOMS.getByName(new URL(request.url).pathname).fetch(admitted)
  }, optionsOf),
}

export class Room extends DurableObject<Env> {
  readonly #verifier: MandateVerifier
  readonly #everyMs: number

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#verifier = createMandateVerifier(optionsOf(env))
    this.#everyMs = Number(env.RECHECK_EVERY_MS)
  }

  override async fetch(request: Request): Promise<Response> {
    const kept: Kept = { mandate: JSON.parse(decodeURIComponent(request.headers.get(MANDATE) ?? '')) }
    const { 0: client, 1: server } = new WebSocketPair()
    this.ctx.acceptWebSocket(server)
    server.serializeAttachment(kept)
    await this.#scheduleCheck()
    return new Response(null, { status: 101, webSocket: client })
  }

  override async webSocketMessage(socket: HibernatingSocket, message: unknown): Promise<void> {
    const { mandate } = keptBy(socket)
    // An alarm may be late, and a client may send until it has answered the close.
    if (mandate.expiresAt * 1000 <= Date.now() || socket.readyState !== OPEN) return this.alarm()
    socket.send(`${mandate.sub}: ${message}`)
  }

  override async webSocketClose(socket: HibernatingSocket): Promise<void> {
    // Without an answer, the client would wait for it.
    socket.close()
  }

  override async alarm(): Promise<void> {
    // Before the checks, so that one that fails is not the last one.
    await this.#scheduleCheck()
    await Promise.all(this.#openSockets().map((socket) => this.#check(socket)))
  }

  async #check(socket: HibernatingSocket): Promise<void> {
    const kept = keptBy(socket)
    // It throws if what was kept is no mandate.
    const decision = await this.#verifier.recheck(kept.mandate).catch(() => undefined)
    if (decision?.outcome === 'admit') return socket.serializeAttachment({ mandate: kept.mandate })
    // An outage of the store is no denial, unless it lasts.
    const { failingSince = Date.now() } = kept
    if (decision?.status === 503 && Date.now() - failingSince < this.#everyMs) {
      return socket.serializeAttachment({ ...kept, failingSince })
    }
    socket.close(POLICY_VIOLATION, decision?.code ?? 'server_error')
  }

  /** At the next expiry, or after the interval. Without sockets, the object sleeps on. */
  async #scheduleCheck(): Promise<void> {
    const now = Date.now()
    const times = this.#openSockets()
      .map((socket) => keptBy(socket).mandate.expiresAt * 1000)
      .filter((expiresAt) => expiresAt > now)
    const next = Math.min(now + this.#everyMs, ...times)
    const planned = await this.ctx.storage.getAlarm()
    const isNeeded = this.#openSockets().length > 0 && (planned === null || next < planned)
    if (isNeeded) await this.ctx.storage.setAlarm(next)
  }

  #openSockets(): readonly HibernatingSocket[] {
    return this.ctx.getWebSockets().filter(({ readyState }) => readyState === OPEN)
  }
}

function keptBy(socket: HibernatingSocket): Kept {
  return socket.deserializeAttachment() as Kept
}
