// @ts-nocheck
// A store over a real Redis client with its usual settings, driven over HTTP: node, bun or deno.

import { createServer } from 'node:http'
import { RedisRevocationStore, syncRevocations } from 'caracal-edge/redis'
import { testRevocationStore } from 'caracal-edge/testing'

const { CLIENT, REDIS_PORT, TIMEOUT_MS } = process.env
const url = `redis://127.0.0.1:${REDIS_PORT}`

const COMMANDS = {
  async ioredis() {
    const { Redis } = await import('ioredis')
    const redis = new Redis(url)
    redis.on('error', () => {})
    return ([name, ...args]) => redis.call(name, ...args)
  },
  async 'node-redis'() {
    const { createClient } = await import('redis')
    const client = createClient({ url })
    client.on('error', () => {})
    client.connect().catch(() => {})
    return (command) => client.sendCommand([...command])
  },
  async bun() {
    const redis = new Bun.RedisClient(url)
    return ([name, ...args]) => redis.send(name, args)
  },
}

// What a client leaves unhandled must not be ours.
process.on('unhandledRejection', (error) => console.log(`unhandled: ${error}`))

const command = await COMMANDS[CLIENT]()
const store = new RedisRevocationStore({ command, timeoutMs: Number(TIMEOUT_MS) })

const ACTS = {
  lookup: async (id) => (await store.lookup({ anchors: [id], zoneId: undefined })).revoked,
  lookups: (ids) => Promise.all(ids.split(',').map(async (id) => outcomeOf(() => ACTS.lookup(id)))),
  mark: async (id) => store.markRevoked(id),
  async contract() {
    const patient = () => new RedisRevocationStore({ command, timeoutMs: 10_000 })
    const failures = []
    for (const { title, check } of testRevocationStore(patient)) {
      await check().catch((error) => failures.push(`${title}: ${error}`))
    }
    return failures
  },
  pass: () =>
    syncRevocations({ command, unsignedStreams: 'accept', giveUp: ['restarted'], timeoutMs: 2_000 }),
}

async function outcomeOf(act) {
  const startedAt = performance.now()
  const outcome = await act().then(
    (value) => ({ value }),
    ({ fault, message }) => ({ fault: fault ?? message, message }),
  )
  return { ...outcome, elapsedMs: performance.now() - startedAt }
}

const server = createServer(async (request, response) => {
  const [, act, argument] = new URL(request.url, 'http://localhost').pathname.split('/')
  response.end(JSON.stringify(await outcomeOf(async () => ACTS[act](decodeURIComponent(argument ?? '')))))
}).listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`))
