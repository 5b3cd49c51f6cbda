// @ts-check
// Clients with good, expiring, revoked, forged and made-up mandates, who send requests at a steady rate.

import { setTimeout as sleep } from 'node:timers/promises'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import { ask } from './client.mjs'
import { CONTROL_PATH, KEY_SET, SCOPE } from './settings.mjs'

/** Paths that are asked for in turn. None is excluded, though some routers could take them for the path that is. */
const PATHS = [
  ...['/', '/x.data', '/x;y/z', CONTROL_PATH.toUpperCase(), `${CONTROL_PATH}.data`, `/${CONTROL_PATH}`],
  ...[
    `/x/..%2F${CONTROL_PATH.slice(1)}`,
    `/%${CONTROL_PATH.charCodeAt(1).toString(16)}${CONTROL_PATH.slice(2)}`,
  ],
]

/**
 * What the clients know about a token. A missing `kid` stands for a token that is not even shaped like a mandate.
 *
 * @typedef {object} Credential
 * @property {string | undefined} token
 * @property {'mandate' | 'forged' | 'unknown key' | 'garbage' | 'none'} kind
 * @property {string} kid
 * @property {string} sid
 * @property {string} jti
 * @property {number} expiresAt in milliseconds
 * @property {readonly string[]} anchors
 * @property {number | undefined} epoch
 *
 * @typedef {{ credential: Credential, sentAt: number, answeredAt: number, answer: string }} Exchange
 *
 * @typedef {object} Mix what is sent besides mandates as they are minted
 * @property {boolean} strangers many tokens under made-up key ids
 * @property {boolean} leavers many clients that leave before the answer (which wrangler's proxy keeps from the Worker)
 * @property {boolean} familiar nothing that has the guard look for a key
 */

/** @type {Mix} */
const PLAIN = { strangers: false, leavers: false, familiar: false }

export const RATE = 60
const CLIENT_LIMIT_MS = 20_000
const SESSIONS = 15
/** For so long a mandate is still tried after it has come to its end, by whatever way. */
const STILL_TRIED_MS = { expired: 2_000, revoked: 3_000, keyRemoved: KEY_SET.maxStaleMs + 1_000 }

const NOTHING = {
  kid: '',
  sid: '',
  jti: '',
  expiresAt: Number.POSITIVE_INFINITY,
  anchors: [],
  epoch: undefined,
}

/**
 * @typedef {object} LoadOptions
 * @property {string} url
 * @property {Awaited<ReturnType<typeof import('./issuer.mjs').startIssuer>>} issuer
 * @property {Awaited<ReturnType<typeof import('./revocations.mjs').startRevocations>>} revocations
 * @property {ReturnType<typeof import('./random.mjs').randomFrom>} random
 * @property {(exchange: Exchange) => void} onAnswer
 */
export class Load {
  sent = 0
  /** @type {Mix} */
  #mix = PLAIN
  #mixedAt = 0
  #options
  /** @type {Credential[]} */
  #pool = []
  /** @type {Session[]} */
  #sessions = []
  #epoch = 1
  /** @type {Set<Promise<void>>} */
  #underWay = new Set()

  /** @param {LoadOptions} options */
  constructor(options) {
    this.#options = options
  }

  /** @param {AbortSignal} signal */
  async run(signal) {
    for (let at = 0; !signal.aborted; at++) {
      this.#start(this.#request())
      if (at % 10 === 0 && !this.#mix.familiar) this.#start(this.#mintOne())
      if (at % 40 === 0) this.#start(this.#revokeOne())
      if (at % 400 === 200) this.#start(this.#raiseEpoch())
      await sleep(1000 / RATE)
    }
  }

  /** @param {Partial<Mix>} mix from now on */
  send(mix) {
    this.#mix = { ...PLAIN, ...mix }
    this.#mixedAt = Date.now()
  }

  /** Until everything sent has been answered. */
  async settle() {
    await Promise.all(this.#underWay)
  }

  /** @param {Promise<unknown>} task */
  #start(task) {
    const tracked = task.then(() => void this.#underWay.delete(tracked))
    this.#underWay.add(tracked)
  }

  async #request() {
    const { random } = this.#options
    const leavesAfterMs = random.between(1, 60)
    const leaves = this.#mix.leavers && random.chance(0.2)
    await this.#send(await this.#credential(), leaves ? leavesAfterMs : undefined)
  }

  /** @returns {Promise<Credential>} */
  async #credential() {
    const { random } = this.#options
    const dice = random.between(1, 100)
    if (dice <= 3) return { ...NOTHING, token: undefined, kind: 'none' }
    if (dice <= 7) return { ...NOTHING, token: random.pick(GARBAGE), kind: 'garbage' }
    if (dice <= 12 && !this.#mix.familiar) return this.#mint({ key: 'forged' }, 'forged')
    if (dice <= 25 && this.#mix.strangers) return this.#mint({ key: 'unknown' }, 'unknown key')
    this.#pool = this.#pool.filter((credential) => Date.now() < this.#triedUntil(credential))
    const willing = this.#mix.familiar
      ? this.#pool.filter((credential) => this.#isFamiliar(credential))
      : this.#pool
    return random.pick(willing) ?? { ...NOTHING, token: undefined, kind: 'none' }
  }

  /** Whether its key was still published when this mix began. @param {Credential} credential */
  #isFamiliar({ kid }) {
    const publication = this.#options.issuer.publications.get(kid)
    return publication !== undefined && publication.to > this.#mixedAt
  }

  /** @param {Credential} credential */
  #triedUntil({ expiresAt, kid, anchors }) {
    const { issuer, revocations } = this.#options
    const removedAt = issuer.publications.get(kid)?.to ?? Number.POSITIVE_INFINITY
    const revokedAt = anchors.map(
      (anchor) => revocations.marks.get(anchor)?.doneAt ?? Number.POSITIVE_INFINITY,
    )
    return Math.min(
      expiresAt + STILL_TRIED_MS.expired,
      removedAt + STILL_TRIED_MS.keyRemoved,
      ...revokedAt.map((at) => at + STILL_TRIED_MS.revoked),
    )
  }

  async #mintOne() {
    const { random } = this.#options
    if (this.#sessions.length < SESSIONS) this.#sessions.push(newSession(random.between(0, 2)))
    const session = random.pick(this.#sessions) ?? newSession(0)
    const lifetimeSeconds = random.between(1, 15)
    const epoch = session.hops === 0 ? undefined : this.#epoch
    const departures = {
      claims: { ...session.claims, delegation_graph_epoch: epoch },
      hops: session.hops,
      lifetimeSeconds,
    }
    const credential = await this.#mint(departures, 'mandate')
    this.#pool.push(credential)
    return credential
  }

  /**
   * @param {import('caracal-edge/testing').MandateDepartures} departures
   * @param {Credential['kind']} kind
   * @returns {Promise<Credential>}
   */
  async #mint(departures, kind) {
    const token = await this.#options.issuer.mint({ scopes: [SCOPE], ...departures })
    const claims = /** @type {Record<string, string | undefined> & { exp: number }} */ (decodeJwt(token))
    return {
      token,
      kind,
      kid: String(decodeProtectedHeader(token).kid),
      sid: String(claims.sid),
      jti: String(claims.jti),
      expiresAt: claims.exp * 1000,
      anchors: Object.keys(ANCHORS).flatMap((name) => claims[name] ?? []),
      epoch: /** @type {number | undefined} */ (/** @type {unknown} */ (claims.delegation_graph_epoch)),
    }
  }

  /** By one of its anchors; a session that is revoked gets no more mandates after a while. */
  async #revokeOne() {
    const { random, revocations } = this.#options
    const session = random.pick(this.#sessions)
    if (session === undefined) return
    const [name, anchor] = random.pick(Object.entries(session.claims)) ?? ['sid', session.claims.sid]
    const way = random.chance(0.5) ? 'directly' : 'by stream'
    await revocations.revoke(anchor, ANCHORS[name] ?? name, way)
    if (!this.#mix.familiar) await this.#mintOne()
    this.#sessions = this.#sessions.filter((other) => other !== session)
  }

  async #raiseEpoch() {
    const { random, revocations } = this.#options
    this.#epoch += random.between(1, 3)
    await revocations.raiseEpoch(this.#epoch, random.chance(0.5) ? 'directly' : 'by stream')
  }

  /** @param {Credential} credential @param {number | undefined} leavesAfterMs */
  async #send(credential, leavesAfterMs) {
    const { url, onAnswer } = this.#options
    const headers = credential.token === undefined ? {} : { Authorization: `Bearer ${credential.token}` }
    const path = PATHS[this.sent % PATHS.length] ?? '/'
    this.sent += 1
    const sentAt = Date.now()
    const answer = await ask(new URL(url).origin + path, headers, leavesAfterMs ?? CLIENT_LIMIT_MS)
      .then((whole) => answerIn(whole, credential))
      .catch(() => (leavesAfterMs === undefined ? 'none' : 'left'))
    const answeredAt = Date.now()
    onAnswer({ credential, sentAt, answeredAt, answer })
  }
}

/** @param {import('./client.mjs').Answer} answer @param {Credential} credential */
function answerIn({ status, headers, body }, { jti }) {
  if (status === 200) return body.jti === jti ? '200' : "200 for another one's mandate"
  if (status === 503 && headers['retry-after'] === undefined) return '503 without Retry-After'
  return `${status} ${body.error}`
}

/** Claims that are anchors, and the names that the stream has for them. @type {Record<string, string>} */
const ANCHORS = {
  sid: 'session_id',
  root_sid: 'root_sid',
  agent_session_id: 'agent_session_id',
  delegation_edge_id: 'delegation_edge_id',
}

/** @typedef {ReturnType<typeof newSession>} Session */

/** @param {number} hops */
function newSession(hops) {
  const id = crypto.randomUUID()
  const edge = hops > 0 ? { delegation_edge_id: `edge-${id}` } : {}
  return {
    hops,
    claims: { sid: `sid-${id}`, root_sid: `root-${id}`, agent_session_id: `agent-${id}`, ...edge },
  }
}

const GARBAGE = ['x', 'a.b.c', `${'.'.repeat(300)}`, 'e30.e30.', `eyJhbGciOiJub25lIn0.e30.${'A'.repeat(86)}`]
