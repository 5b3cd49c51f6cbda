// `npm run bench:mcp`: what the guard of an MCP server costs for each call, by the size of its body.
// @ts-check

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { guardMcp } from 'caracal-edge/mcp'
import { createTestIssuer } from 'caracal-edge/testing'

/** For each size: how often it is called in a round. */
const SIZES = /** @type {const} */ ([
  ['1 kB', 1_000, 400],
  ['100 kB', 100_000, 40],
  ['4 MB', 4_000_000, 4],
])
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5)

const issuer = createTestIssuer()
const authorization = `Bearer ${await issuer.mint()}`
const options = { ...issuer.options, revocations: new InMemoryRevocationStore() }
const resource = 'https://billing.example/mcp'
/** Enough rules for a server of some size. */
const tools = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`tool-${index}`, {}]))

/** What is read of the body in place of a server. @type {unknown} */
let read

/** @type {Readonly<Record<string, (request: Request) => Promise<Response>>>} */
const SERVERS = {
  'a server alone': async (request) => {
    read = await request.json()
    return new Response()
  },
  'behind withCaracal': withCaracal(async (request) => {
    read = await request.json()
    return new Response()
  }, options),
  'behind guardMcp, given parsedBody': guardMcp(
    (_request, { mcp }) => {
      read = mcp.parsedBody
      return new Response()
    },
    { ...options, resource, tools },
  ),
  'behind guardMcp, parsing once more': guardMcp(
    async (request) => {
      read = await request.json()
      return new Response()
    },
    { ...options, resource, tools },
  ),
}

/** What agents send much of: rows of short texts and numbers. @param {number} size */
function bodyOf(size) {
  const row = { id: 17, name: 'Müller & Söhne', amount: 1234.5, paid: true, note: 'a "quoted" word' }
  const rows = Array.from({ length: Math.floor(size / JSON.stringify(row).length) }, () => row)
  const params = { name: 'tool-7', arguments: { rows } }
  return new TextEncoder().encode(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params }))
}

/** CPU time in µs, garbage collection included. @param {() => Promise<unknown>} call @param {number} times */
async function cost(call, times) {
  const before = process.cpuUsage()
  for (let time = 0; time < times; time++) await call()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

/** @param {number} us */
const shown = (us) => (us < 1_000 ? `${us.toFixed(0)} µs` : `${(us / 1_000).toFixed(1)} ms`)

console.log(`CPU time for each call with a mandate that was seen before: the median of ${ROUNDS} rounds`)
for (const [title, size, times] of SIZES) {
  const body = bodyOf(size)
  const headers = { authorization, 'content-type': 'application/json' }
  /** @type {Map<string, number[]>} */
  const costs = new Map(Object.keys(SERVERS).map((name) => [name, []]))
  // By turns, so that whatever else the machine does happens to all of them.
  for (let round = -1; round < ROUNDS; round++) {
    for (const [name, fetch] of Object.entries(SERVERS)) {
      const us = await cost(async () => {
        read = undefined
        const { status } = await fetch(new Request(resource, { method: 'POST', headers, body }))
        if (status !== 200 || read === undefined)
          throw new Error(`The benchmark would measure refusals: ${name}.`)
      }, times)
      // The first round warms up.
      if (round >= 0) costs.get(name)?.push(us)
    }
  }
  console.log(`\n${title}`)
  for (const [name, all] of costs) {
    const sorted = all.toSorted((one, other) => one - other)
    console.log(`  ${name}: ${shown(sorted[Math.floor(sorted.length / 2)] ?? 0)}`)
  }
}
