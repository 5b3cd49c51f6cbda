// `npm run bench:store`: what revocations in Redis cost for each admitted request, in every runtime. A real Redis stands
// behind the endpoint; both run in processes of their own, and are not measured.
// @ts-check

import { execFile } from 'node:child_process'
import { cpus, loadavg } from 'node:os'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { HOW_TO_INSTALL, hasRedisServer, startRedis } from '../lab/redis-server.mjs'
import { startUpstashEndpoint } from '../lab/upstash-endpoint.mjs'
import { measureStoresInWorkerd } from './store-workerd.mjs'
import { rounded } from './table.mjs'

/**
 * @typedef {object} StoreCosts of one admitted request, at 64 at once
 * @property {string} id
 * @property {number} cpuUs
 * @property {number} perSecond how many are admitted in a second
 * @property {number} requests HTTP requests to the endpoint
 * @property {number} commands Redis commands through the endpoint
 */
/**
 * @typedef {object} StoreResults
 * @property {readonly import('./interleave.mjs').Row[]} single one look-up at a time
 * @property {readonly StoreCosts[]} costs
 * @property {{ perSecond: number, rows: readonly { id: string, p99Ms: number }[] }} latency at a steady rate
 */

/** @type {import('./titles.mjs').Titles} */
const TITLES = {
  memory: 'guard, store in memory',
  shared: 'guard, UpstashRevocationStore',
  apart: 'guard, each look-up by itself',
  redis: 'guard, RedisRevocationStore over ioredis',
  joseUpstash: 'jose + @upstash/redis mget',
  joseUpstashPipelined: 'jose + @upstash/redis mget, auto-pipelining',
  joseIoredisPipelined: 'jose + ioredis mget, auto-pipelining',
}

const CPU_GOALS_US = /** @type {Record<string, number | undefined>} */ ({ Node: 30, Bun: 20, Deno: 30 })
const SINGLE_GOAL = 1.15
const REQUESTS_GOAL = 0.1
/** What p99 may differ by without being another. */
const P99_NOISE = 1.1

const TOKEN = 'bench'
const binary = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))
const PROGRAMS = /** @type {const} */ ([
  ['Node', process.execPath],
  ['Bun', binary('bun')],
  ['Deno', binary('deno'), 'run', '--allow-all'],
])

if (hasRedisServer()) await measureAll()
else console.log(`The cost of Redis is left out: no redis-server on the PATH (${HOW_TO_INSTALL}).`)

async function measureAll() {
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
  console.log(`${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores`)
  console.log(`Load before: ${loadavg()[0]?.toFixed(2)}. Above 1, other programs are measured as well.`)
  try {
    const env = {
      ...process.env,
      BENCH_URL: endpoint.url,
      BENCH_TOKEN: TOKEN,
      BENCH_REDIS_PORT: String(redis.port),
    }
    const program = fileURLToPath(new URL('store-in-process.mjs', import.meta.url))
    for (const [name, command, ...options] of PROGRAMS) {
      const { stdout } = await promisify(execFile)(command, [...options, program], { env })
      report(name, JSON.parse(stdout))
    }
    const costs = await measureStoresInWorkerd({ url: endpoint.url, token: TOKEN }, () => ({ ...asked }))
    console.log('\nworkerd, with the HTTP server that it is')
    if (costs === undefined) console.log('  is left out: CPU time is read from /proc, which is not there')
    else printCosts(costs)
  } finally {
    await endpoint.close()
    await redis.stop()
  }
}

/** @param {string} name @param {StoreResults} results */
function report(name, { single, costs, latency }) {
  console.log(`\n${name}`)
  printCosts(costs)
  const shared = costs.find(({ id }) => id === 'shared')
  const median = (/** @type {string} */ id) => single.find((row) => row.id === id)?.medianUs ?? Number.NaN
  const p99 = (/** @type {string} */ id) => latency.rows.find((row) => row.id === id)?.p99Ms ?? Number.NaN
  const ratio = median('lookup') / median('bareFetch')
  judge(
    `one look-up ≤ ${SINGLE_GOAL} × a bare fetch with .json() (${median('bareFetch').toFixed(0)} µs)`,
    ratio,
    SINGLE_GOAL,
    '×',
  )
  judge(
    `CPU of an admitted request at 64 ≤ ${CPU_GOALS_US[name]} µs`,
    shared?.cpuUs,
    CPU_GOALS_US[name],
    'µs',
  )
  judge(`HTTP requests for it ≤ ${REQUESTS_GOAL}`, shared?.requests, REQUESTS_GOAL, '')
  judge(`commands for it ≤ ${REQUESTS_GOAL}`, shared?.commands, REQUESTS_GOAL, '')
  const rate = latency.perSecond.toFixed(0)
  judge(
    `p99 at ${rate}/s ≤ that of each by itself (${p99('apart').toFixed(1)} ms)`,
    p99('shared'),
    p99('apart') * P99_NOISE,
    'ms',
  )
}

/** @param {readonly StoreCosts[]} costs */
function printCosts(costs) {
  console.table(
    Object.fromEntries(
      costs.map(({ id, cpuUs, perSecond, requests, commands }) => [
        TITLES[id],
        {
          'CPU in µs': rounded(cpuUs),
          'per second': Math.round(perSecond),
          'HTTP requests': rounded(requests),
          commands: rounded(commands),
        },
      ]),
    ),
  )
}

/** Compares what was measured, unrounded. @param {string} goal @param {number | undefined} value @param {number | undefined} limit @param {string} unit */
function judge(goal, value = Number.NaN, limit = Number.NaN, unit) {
  console.log(`  ${goal}: ${value <= limit ? 'met' : 'missed'} (${value.toFixed(3)} ${unit})`)
}
