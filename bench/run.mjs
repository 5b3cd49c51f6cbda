// `npm run bench`: measures in every runtime, prints tables and goals, and draws plots. What it writes is in
// bench/results, which git ignores. With --publish, what the checkout shows is written anew.
// @ts-check

import { parseArgs } from 'node:util'
import { HOW_TO_INSTALL, hasRedisServer } from '../lab/redis-server.mjs'
import { measureColdStarts } from './cold-start.mjs'
import { judge, judgeColdStarts } from './goals.mjs'
import { describeMachine, machineLine } from './machine.mjs'
import { publish, writePlots } from './publish.mjs'
import { keepResults, LATEST } from './results.mjs'
import { RUNTIMES } from './runtimes.mjs'
import { measureStores } from './store.mjs'
import { judgeStore } from './store-goals.mjs'
import { printColdStarts, printStoreCosts, printTable } from './table.mjs'
import { CROWD_TITLES, MEMORY_TITLES, SIGNATURE_TITLES } from './titles.mjs'

const TITLES = { ...SIGNATURE_TITLES, ...CROWD_TITLES, ...MEMORY_TITLES }
const PARTS = ['runtimes', 'stores']

const { values, positionals } = parseArgs({
  options: { publish: { type: 'boolean', default: false } },
  allowPositionals: true,
})
if (!positionals.every((part) => PARTS.includes(part))) throw new Error(`The parts are ${PARTS.join(', ')}.`)
const isWanted = (/** @type {string} */ part) => positionals.length === 0 || positionals.includes(part)

const failures = /** @type {string[]} */ ([])
const failed = (/** @type {string} */ what, /** @type {unknown} */ why) => {
  failures.push(what)
  console.log(`\n${what} could not be measured: ${why instanceof Error ? why.message : why}`)
}

const runtimes = isWanted('runtimes') ? await measureRuntimes() : undefined
const stores = isWanted('stores') ? await measureAllStores() : undefined
const measured = { ...(runtimes && { runtimes }), ...(stores && { stores }) }

const kept = await keepResults(LATEST, measured)
console.log(`\nwritten: ${(await writePlots(kept, new URL('.', LATEST))).join(', ')}`)
if (values.publish && failures.length > 0) console.log(`Not published, because of: ${failures.join(', ')}.`)
else if (values.publish) console.log(`published: ${(await publish(measured)).join(', ')}`)
if (failures.length > 0) process.exitCode = 1

async function measureRuntimes() {
  const machine = await describeMachine()
  console.log(machineLine(machine))
  console.log(
    'p99 is that of single calls, or of units of 25 where a call is short. The clock of workerd is coarse:',
  )
  console.log('there units are 20 times as large.')
  const results = []
  for (const { name, measure } of RUNTIMES) {
    const rows = await measure().catch((error) => failed(name, error))
    if (rows === undefined) continue
    results.push({ runtime: name, rows })
    console.log(`\n${name}, in µs`)
    printTable(rows, TITLES)
  }
  console.log('\nGoals, by medians')
  for (const { runtime, rows } of results) console.log([runtime, ...judge(rows)].join('\n  '))
  const coldStarts = (await measureColdStarts().catch((error) => failed('the cold start', error))) ?? []
  console.log('\nFrom the start of an isolate to its first answer, in ms; bytes of the Worker, minified')
  printColdStarts(coldStarts)
  for (const verdict of judgeColdStarts(coldStarts)) console.log(`  ${verdict}`)
  return { machine, results, coldStarts }
}

async function measureAllStores() {
  if (!hasRedisServer()) {
    failed('the cost of Redis', `no redis-server on the PATH (${HOW_TO_INSTALL})`)
    return undefined
  }
  const machine = await describeMachine()
  console.log(`\n${machineLine(machine)}`)
  console.log('One admitted request with its revocations looked up, at 64 at once')
  const results = /** @type {import('./store.mjs').StoreResults[]} */ ([])
  await measureStores((one) => {
    results.push(one)
    const isServer = one.runtime === 'workerd'
    console.log(`\n${one.runtime}${isServer ? ', with the HTTP server that it is' : ''}`)
    printStoreCosts(one.costs)
    if (!isServer) console.log(`  ${judgeStore(one).join('\n  ')}`)
  }, failed)
  return { machine, results }
}
