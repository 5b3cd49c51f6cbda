// What revocations in Redis cost for each admitted request, in every runtime. A real Redis stands behind the endpoint;
// both run in processes of their own, and are not measured.
// @ts-check

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startRedis } from '../lab/redis-server.mjs'
import { startUpstashEndpoint } from '../lab/upstash-endpoint.mjs'
import { RUN_LIMIT_MS } from './runtimes.mjs'
import { measureStoresInWorkerd } from './store-workerd.mjs'

/**
 * @typedef {object} StoreCosts of one admitted request, at 64 at once
 * @property {string} id
 * @property {number} cpuUs
 * @property {number} perSecond how many are admitted in a second
 * @property {number} requests HTTP requests to the endpoint
 * @property {number} commands Redis commands through the endpoint
 */
/**
 * @typedef {object} Measured
 * @property {readonly import('./interleave.mjs').Row[]} single one look-up at a time
 * @property {readonly StoreCosts[]} costs
 * @property {{ perSecond: number, rows: readonly { id: string, p99Ms: number }[] }} latency at a steady rate
 */
/** @typedef {{ readonly runtime: string, readonly costs: readonly StoreCosts[] } & Partial<Measured>} StoreResults */

const TOKEN = 'bench'
const binary = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))
const PROGRAMS = /** @type {const} */ ([
  ['Node', process.execPath],
  ['Bun', binary('bun')],
  ['Deno', binary('deno'), 'run', '--allow-all'],
])

/**
 * @param {(results: StoreResults) => void} onResults called for each runtime as soon as it is measured
 * @param {(runtime: string, error: unknown) => void} onFailure called for each that could not be measured
 */
export async function measureStores(onResults, onFailure) {
  const redis = await startRedis()
  const asked = { requests: 0, commands: 0 }
  const endpoint = await startUpstashEndpoint({
    redisPort: redis.port,
    token: TOKEN,
    onRequest: ({ request, response, commands }) => {
      if (request.url === '/counts') {
        response.end(JSON.stringify(asked))
        return true
      }
      asked.requests += 1
      asked.commands += commands.length
      return false
    },
  })
  const env = {
    ...process.env,
    BENCH_URL: endpoint.url,
    BENCH_TOKEN: TOKEN,
    BENCH_REDIS_PORT: String(redis.port),
  }
  const program = fileURLToPath(new URL('store-in-process.mjs', import.meta.url))
  try {
    for (const [runtime, command, ...options] of PROGRAMS) {
      try {
        const how = { env, timeout: RUN_LIMIT_MS }
        const { stdout } = await promisify(execFile)(command, [...options, program], how)
        onResults({ runtime, .../** @type {Measured} */ (JSON.parse(stdout)) })
      } catch (error) {
        onFailure(runtime, error)
      }
    }
    const costs = await measureStoresInWorkerd({ url: endpoint.url, token: TOKEN }, () => ({ ...asked }))
    if (costs !== undefined) onResults({ runtime: 'workerd', costs })
    else onFailure('workerd', new Error('CPU time is read from /proc, which is not there'))
  } catch (error) {
    onFailure('workerd', error)
  } finally {
    await endpoint.close()
    await redis.stop()
  }
}
