// Measures stores in the runtime that runs this file (Node, Bun or Deno), and prints the results as JSON.
// @ts-check

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { interleave, quantile } from './interleave.mjs'
import { createStoreContenders, LANES } from './store-contenders.mjs'
import { measureCosts } from './store-costs.mjs'
import { arrive } from './store-load.mjs'

/** @typedef {import('./store.mjs').Measured} Measured */

const ROUNDS = 7
const ROUND_MS = 400
const LATENCY_ROUNDS = 5
const LATENCY_MS = 1_500
const SINGLE_SECONDS = 6

const { BENCH_URL = '', BENCH_TOKEN = '', BENCH_REDIS_PORT = '' } = process.env
const database = { url: BENCH_URL, token: BENCH_TOKEN }

/** What the endpoint has been asked so far. @returns {Promise<{ requests: number, commands: number }>} */
const counts = async () => (await fetch(`${BENCH_URL}/counts`)).json()

async function measureSingle() {
  const store = new UpstashRevocationStore(database)
  const query = { anchors: ['sid', 'root', 'agent', 'edge'], zoneId: 'zone-1' }
  const keys = [...query.anchors, 'delegation-epoch:zone-1'].map((id) => `caracal:revoked:sessions:${id}`)
  const headers = { Authorization: `Bearer ${BENCH_TOKEN}`, 'Content-Type': 'application/json' }
  const bare = async () => {
    const body = JSON.stringify(['MGET', ...keys])
    return (await fetch(BENCH_URL, { method: 'POST', headers, body })).json()
  }
  return interleave(
    [
      { id: 'bareFetch', together: 1, prepare: () => bare, isRight: (answer) => answer instanceof Object },
      {
        id: 'lookup',
        together: 1,
        prepare: () => () => store.lookup(query),
        isRight: (state) => state instanceof Object && 'revoked' in state && state.revoked === false,
      },
    ],
    SINGLE_SECONDS,
  )
}

function cpuUs() {
  const { user, system } = process.cpuUsage()
  return user + system
}

/**
 * @param {readonly import('./store-contenders.mjs').StoreContender[]} contenders
 * @param {number} perSecond
 */
async function measureLatency(contenders, perSecond) {
  const all = contenders.map(({ id, admit }) => ({ id, admit, p99: /** @type {number[]} */ ([]) }))
  for (let round = -1; round < LATENCY_ROUNDS; round++) {
    for (const one of all.toSorted(() => Math.random() - 0.5)) {
      const taken = await arrive(one.admit, perSecond, LATENCY_MS)
      if (round >= 0) one.p99.push(quantile(taken, 0.99))
    }
  }
  return all.map(({ id, p99 }) => ({ id, p99Ms: quantile(p99, 0.5) }))
}

const { contenders, close } = await createStoreContenders(database, Number(BENCH_REDIS_PORT))
const single = await measureSingle()
const costs = await measureCosts(contenders, {
  ...{ lanes: LANES, rounds: ROUNDS, warmups: 2, roundMs: ROUND_MS },
  ...{ cpuUs, counts },
})
// Of what the guard can take if each look-up asks by itself.
const perSecond = 0.8 * (costs.find(({ id }) => id === 'apart')?.perSecond ?? 0)
const latency = await measureLatency(
  contenders.filter(({ id }) => id === 'shared' || id === 'apart'),
  perSecond,
)
close()
/** @type {Measured} */
const results = { single, costs, latency: { perSecond, rows: latency } }
console.log(JSON.stringify(results))
process.exit()
