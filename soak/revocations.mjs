// @ts-check
// Redis under load: revocations written by every way there is, faults, and what was confirmed and looked up when.

import { createHmac, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { syncRevocations, UpstashRevocationStore } from 'caracal-edge/upstash'
import { startRedis } from '../lab/redis-server.mjs'
import { sendCommands } from '../lab/resp.mjs'
import { startUpstashEndpoint } from '../lab/upstash-endpoint.mjs'
import { Faults } from './faults.mjs'
import { ZONE_ID } from './settings.mjs'

/**
 * Before `begunAt` nothing of it was in Redis; after `doneAt` all of it was.
 *
 * @typedef {{ readonly begunAt: number, doneAt: number }} Mark
 * @typedef {Mark & { readonly epoch: number }} EpochMark
 * @typedef {{ readonly from: number, readonly to: number, readonly isOfMemory: boolean }} Loss of announcements
 * @typedef {{ readonly begunAt: number, endedAt: number, caughtUp: boolean }} Pass of the cron trigger
 * @typedef {'directly' | 'by stream'} Way
 */

const RETRY_MS = 200
const CRON_MS = 1_000
const STREAMS = { revocations: 'caracal.sessions.revoke', delegations: 'caracal.delegations.invalidate' }
const KEY_PREFIX = 'caracal:revoked:sessions:'

export async function startRevocations() {
  const dir = await mkdtemp(join(tmpdir(), 'caracal-edge-soak-'))
  let redis = await startRedis({ dir })
  const { port: redisPort } = redis
  const token = randomBytes(16).toString('hex')
  const hmacKey = randomBytes(32).toString('hex')

  /** When each anchor was looked up. @type {Map<string, number[]>} */
  const lookups = new Map()
  let questions = 0
  const endpoint = await startUpstashEndpoint({
    redisPort,
    token,
    onRequest(exchange) {
      for (const [name, ...keys] of exchange.commands) {
        if (String(name).toLowerCase() !== 'mget') continue
        questions += 1
        for (const key of keys) {
          const anchor = String(key).slice(KEY_PREFIX.length)
          const times = lookups.get(anchor) ?? []
          lookups.set(anchor, times)
          times.push(Date.now())
        }
      }
      return faults.meet(exchange)
    },
  })
  const faults = new Faults({
    down: { off: endpoint.close, on: endpoint.reopen },
    killed: {
      off: () => redis.kill(),
      on: async () => {
        redis = await startRedis({ port: redisPort, dir })
      },
    },
    emptied: { off: () => lose(true, [['FLUSHALL']]), on: async () => {} },
    trimmed: {
      off: () =>
        lose(false, [
          ['MULTI'],
          ...Object.values(STREAMS).flatMap((stream) => [
            ['XADD', stream, '*', 'unread', 'by anyone'],
            ['XTRIM', stream, 'MAXLEN', 0],
          ]),
          ['EXEC'],
        ]),
      on: async () => {},
    },
  })
  const store = new UpstashRevocationStore({ url: endpoint.url, token })

  /** By anchor. @type {Map<string, Mark>} */
  const marks = new Map()
  /** @type {EpochMark[]} */
  const epochs = []
  /** @type {Pass[]} */
  const passes = []
  /** @type {Loss[]} */
  const losses = []
  let isOver = false

  /** Whatever was not done by then may have been lost; with the memory, all of it. @param {boolean} isOfMemory @param {readonly (readonly (string | number)[])[]} commands */
  async function lose(isOfMemory, commands) {
    const from = Date.now()
    for (const reply of await sendCommands(redisPort, commands)) if (reply instanceof Error) throw reply
    losses.push({ from, to: Date.now(), isOfMemory })
    if (isOfMemory) for (const mark of [...marks.values(), ...epochs]) mark.doneAt = Number.POSITIVE_INFINITY
  }

  /** Producers try until it is done. @param {Mark} mark @param {() => Promise<unknown>} attempt */
  async function insist(mark, attempt) {
    while (!isOver) {
      try {
        await attempt()
        // What was under way while something was lost may be among it.
        if (losses.every(({ to }) => to < mark.begunAt)) mark.doneAt = Date.now()
        return
      } catch {
        await sleep(RETRY_MS)
      }
    }
  }

  /** A signed message, and then a pass that began after it and caught up. @param {string} stream @param {Record<string, string>} fields */
  async function announce(stream, fields) {
    const canonical = Object.keys(fields)
      .sort()
      .map((name) => `${name}=${fields[name]}\n`)
      .join('')
    const signature = createHmac('sha256', Buffer.from(hmacKey, 'hex')).update(`${stream}\n${canonical}`)
    const message = Object.entries({ ...fields, _sig: signature.digest('hex') }).flat()
    const [reply] = await sendCommands(redisPort, [['XADD', stream, '*', ...message]])
    if (reply instanceof Error) throw reply
    const writtenAt = Date.now()
    while (!passes.some(({ begunAt, caughtUp }) => begunAt > writtenAt && caughtUp)) {
      if (isOver) throw new Error('The soak is over.')
      await sleep(RETRY_MS)
    }
  }

  return {
    vars: {
      UPSTASH_REDIS_REST_URL: endpoint.url,
      UPSTASH_REDIS_REST_TOKEN: token,
      STREAMS_HMAC_KEY: hmacKey,
    },
    faults,
    lookups,
    /** Requests share them. */
    get questions() {
      return questions
    },
    marks,
    epochs,
    passes,
    losses,

    /** @param {string} anchor @param {string} field the stream's name for it @param {Way} way */
    async revoke(anchor, field, way) {
      if (marks.has(anchor)) return
      /** @type {Mark} */
      const mark = { begunAt: Date.now(), doneAt: Number.POSITIVE_INFINITY }
      marks.set(anchor, mark)
      await insist(mark, () =>
        way === 'directly'
          ? store.markRevoked(anchor)
          : announce(STREAMS.revocations, { zone_id: ZONE_ID, [field]: anchor }),
      )
    },

    /** @param {number} epoch @param {Way} way */
    async raiseEpoch(epoch, way) {
      /** @type {EpochMark} */
      const mark = { epoch, begunAt: Date.now(), doneAt: Number.POSITIVE_INFINITY }
      epochs.push(mark)
      await insist(mark, () =>
        way === 'directly'
          ? store.markDelegationEpoch(ZONE_ID, epoch)
          : announce(STREAMS.delegations, { zone_id: ZONE_ID, epoch: String(epoch) }),
      )
    },

    /** One pass of the Worker over the streams. @param {() => Promise<void>} runCron */
    async pass(runCron) {
      /** @type {Pass} */
      const pass = { begunAt: Date.now(), endedAt: Number.POSITIVE_INFINITY, caughtUp: false }
      passes.push(pass)
      pass.caughtUp = await runCron().then(
        () => true,
        () => false,
      )
      pass.endedAt = Date.now()
      await sleep(CRON_MS)
    },

    /** A new Redis cannot say what was announced before it; here it is known that nothing was. */
    giveUpTheStart: () => syncRevocations({ url: endpoint.url, token, hmacKey, giveUp: ['restarted'] }),

    /** Marks that are not done yet stay so. */
    giveUp() {
      isOver = true
    },

    async stop() {
      isOver = true
      await endpoint.close()
      await redis.stop()
      await rm(dir, { recursive: true, force: true })
    },
  }
}
