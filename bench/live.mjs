// `npm run bench:live`: what open streams cost while their authority is checked every second, and how long after a
// revocation or an expiry their clients see the end. Server, Redis and clients are processes of their own.
// @ts-check

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createTestIssuer } from 'caracal-edge/testing'
import { startRedis } from '../lab/redis-server.mjs'
import { sendCommands } from '../lab/resp.mjs'
import { startUpstashEndpoint } from '../lab/upstash-endpoint.mjs'
import { quantile } from './interleave.mjs'
import { describeMachine, machineLine } from './machine.mjs'

const STREAMS = 1_000
const EVERY_MS = 1_000
const MEASURE_MS = 10_000
const SAMPLES = 300
/** Connections that are opened at a time: more would wait in the queue of the server. */
const AT_ONCE = 50
const EXPIRING_SECONDS = 3
const TOKEN = 'bench'
const PREFIX = 'caracal:revoked:sessions:'

/** @typedef {{ readonly sid: string, readonly expiresAt: number, readonly end: Promise<End>, leave(): void }} Stream */
/** @typedef {{ readonly seenAt: number, readonly code: string, readonly sentAt: number }} End */
/** @typedef {{ cpuUs: number, requests: number, commands: number, seconds: number }} Spent */

const issuer = createTestIssuer()
const redis = await startRedis()
const asked = { requests: 0, commands: 0 }
const endpoint = await startUpstashEndpoint({
  redisPort: redis.port,
  token: TOKEN,
  onRequest: ({ commands }) => {
    asked.requests += 1
    asked.commands += commands.length
  },
})
const { issuer: iss, expectedZoneId, audience } = issuer.options
const trusted = { issuer: iss, expectedZoneId, audience, keySet: { jwks: await issuer.jwks() } }
const server = fork(fileURLToPath(new URL('live-server.mjs', import.meta.url)), {
  env: {
    ...process.env,
    BENCH_URL: endpoint.url,
    BENCH_TOKEN: TOKEN,
    BENCH_TRUSTED: JSON.stringify(trusted),
  },
})
const [port] = await once(server, 'message')
const agent = new Agent({ maxSockets: Number.POSITIVE_INFINITY })

/** What the server's process has used so far. @returns {Promise<number>} */
async function cpuUs() {
  server.send('cpu')
  const [used] = await once(server, 'message')
  return used
}

/** @param {{ every?: number, lifetimeSeconds?: number }} options @returns {Promise<Stream>} */
async function open({ every, lifetimeSeconds = 900 }) {
  const sid = crypto.randomUUID()
  const token = await issuer.mint({ lifetimeSeconds, claims: { sid } })
  const [, payload = ''] = token.split('.')
  const expiresAt = JSON.parse(Buffer.from(payload, 'base64url').toString()).exp * 1_000
  const outgoing = request({
    ...{ port, host: '127.0.0.1', agent },
    path: every === undefined ? '/' : `/?every=${every}`,
    headers: { authorization: `Bearer ${token}` },
  })
  outgoing.on('error', () => {}).end()
  const [incoming] = await once(outgoing, 'response')
  if (incoming.statusCode !== 200) throw new Error('The benchmark would measure refusals.')
  let text = ''
  incoming.setEncoding('utf8').on('error', () => {})
  incoming.on('data', (/** @type {string} */ chunk) => {
    text += chunk
  })
  const end = once(incoming, 'end').then(() => {
    const seenAt = Date.now()
    return { seenAt, ...JSON.parse(text.slice(text.lastIndexOf('data: ') + 6)) }
  })
  end.catch(() => {})
  return { sid, expiresAt, end, leave: () => outgoing.destroy() }
}

/** @param {number} count @param {Parameters<typeof open>[0]} options */
async function openMany(count, options) {
  const streams = /** @type {Stream[]} */ ([])
  while (streams.length < count) {
    const more = Array.from({ length: Math.min(AT_ONCE, count - streams.length) }, () => open(options))
    streams.push(...(await Promise.all(more)))
  }
  return streams
}

/** @returns {Promise<Spent>} */
async function measure() {
  await sleep(2 * EVERY_MS)
  const [before, used, startedAt] = [{ ...asked }, await cpuUs(), Date.now()]
  await sleep(MEASURE_MS)
  return {
    cpuUs: (await cpuUs()) - used,
    requests: asked.requests - before.requests,
    commands: asked.commands - before.commands,
    seconds: (Date.now() - startedAt) / 1_000,
  }
}

/** @param {string} title @param {Spent} spent */
function printCosts(title, { cpuUs, requests, commands, seconds }) {
  const each = (/** @type {number} */ sum) => sum / STREAMS / seconds
  console.log(`  ${title}`)
  console.log(
    `    CPU ${each(cpuUs).toFixed(1)} µs, ${((cpuUs / seconds / 1e6) * 100).toFixed(1)} % of a core for all`,
  )
  console.log(`    HTTP requests ${each(requests).toFixed(3)}, Redis commands ${each(commands).toFixed(3)}`)
}

/** @param {string} title @param {readonly number[]} delays */
function printDelays(title, delays) {
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => Math.round(quantile(delays, share)))
  console.log(`  ${title}: p50 ${p50} ms, p95 ${p95} ms, max ${max} ms`)
}

/** @param {Stream} stream @returns {Promise<{ seen: number, sent: number }>} */
async function delayOfRevocation(stream) {
  const revokedAt = Date.now()
  await sendCommands(redis.port, [['SET', PREFIX + stream.sid, '1']])
  const { code, seenAt, sentAt } = await stream.end
  if (code !== 'session_revoked') throw new Error(`A stream ended with ${code}.`)
  return { seen: seenAt - revokedAt, sent: sentAt - revokedAt }
}

try {
  console.log(machineLine(await describeMachine()))
  console.log(`\n${STREAMS} open event streams in Node, for each of them and second`)
  const unchecked = await openMany(STREAMS, {})
  printCosts('without an interval', await measure())
  for (const { leave } of unchecked) leave()

  const checked = await openMany(STREAMS, { every: EVERY_MS })
  printCosts(`checked every ${EVERY_MS} ms`, await measure())

  console.log(`\nFrom a revocation in Redis to the end, ${SAMPLES} streams checked every ${EVERY_MS} ms`)
  const revoked = []
  for (const stream of checked.slice(0, SAMPLES)) {
    revoked.push(delayOfRevocation(stream))
    // At any time within an interval.
    await sleep(Math.random() * 20)
  }
  const afterRevocation = await Promise.all(revoked)
  printDelays(
    'the server ends it',
    afterRevocation.map(({ sent }) => sent),
  )
  printDelays(
    'the client sees it',
    afterRevocation.map(({ seen }) => seen),
  )
  for (const { leave } of checked) leave()

  console.log(`\nFrom the expiry of a mandate to the end, ${SAMPLES} streams without an interval`)
  const expiring = []
  for (let count = 0; count < SAMPLES; count += AT_ONCE) {
    expiring.push(...(await openMany(AT_ONCE, { lifetimeSeconds: EXPIRING_SECONDS })))
    await sleep(500)
  }
  const expired = await Promise.all(
    expiring.map(async ({ end, expiresAt }) => ({ ...(await end), expiresAt })),
  )
  printDelays(
    'the server ends it',
    expired.map(({ sentAt, expiresAt }) => sentAt - expiresAt),
  )
  printDelays(
    'the client sees it',
    expired.map(({ seenAt, expiresAt }) => seenAt - expiresAt),
  )
} finally {
  server.kill()
  agent.destroy()
  await endpoint.close()
  await redis.stop()
}
