// @ts-check
// Starts the example Worker in workerd, and an issuer of mandates beside it.
//   npm run demo              a client walks through what a resource server is validated with, and it ends
//   npm run demo -- --redis   the same with revocations in a real Redis, which must be installed
//   npm run dev               both stay, with curl lines to try them; PORT sets the Worker's port (8787)

import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'

/** What the example Worker calls itself. */
const AUDIENCE = 'resource://billing-api'
const ZONE_ID = 'zone-demo'
const DEMO_LIMIT_MS = 50_000
const STOP_LIMIT_MS = 5_000
const MANDATE_MINUTES = 15

const options = process.argv.slice(2)
const serve = options.includes('--serve')
const withRedis = options.includes('--redis')
/** @type {(() => Promise<unknown>)[]} */
const stops = []
let ending = false

/** @param {number} code */
async function end(code) {
  // A second Ctrl-C while stopping must not leave workerd behind.
  if (ending) return
  ending = true
  // Exiting kills workerd too, should stopping it in good order hang.
  setTimeout(() => process.exit(1), STOP_LIMIT_MS)
  await Promise.allSettled(stops.map((stop) => stop()))
  process.exit(code)
}

function answerSignals() {
  for (const [signal, number] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    process.removeAllListeners(signal)
    process.on(signal, () => end(serve ? 0 : 128 + number))
  }
}

answerSignals()
// npm passes a signal on to the shell it runs a script in, and the shell to nobody.
const parent = process.ppid
if (process.env.npm_lifecycle_event) {
  setInterval(() => process.ppid !== parent && end(serve ? 0 : 1), 250).unref()
}

try {
  const running = await start()
  // wrangler answers signals too, by then: it exits at once, and with an error.
  answerSignals()
  if (serve) await keepServing(running)
  else await end((await walk(running)) ? 0 : 1)
} catch (error) {
  if (!ending) console.error(failureText(error))
  await end(1)
}

async function start() {
  const unknown = options.find((option) => option !== '--serve' && option !== '--redis')
  if (unknown !== undefined) throw new Error(`"${unknown}" is no option of the demo; there is --redis.`)
  if (process.env.npm_config_redis) throw new Error('npm kept --redis for itself: npm run demo -- --redis')
  if (!existsSync(new URL('../dist/testing/index.js', import.meta.url))) {
    throw new Error('There is no dist/ yet. Run `npm run build`, then this again.')
  }
  const port = await workerPort()

  // Only now: without dist/ and node_modules/ these imports fail with a message about a file.
  const { startLocalIssuer } = await import('./local-issuer.mjs')
  const { startWorker } = await import('./start-worker.mjs')

  const issuer = await startLocalIssuer({ audience: AUDIENCE, zoneId: ZONE_ID })
  stops.push(issuer.close)
  const redis = withRedis ? await startLocalRedis() : undefined
  const config = redis ? 'examples/worker-redis.toml' : 'wrangler.toml'
  const worker = await startWorker({
    config,
    vars: { CARACAL_STS_URL: issuer.url, CARACAL_ZONE_ID: ZONE_ID, ...redis?.vars },
    port,
    watch: serve,
    onStop: (stop) => stops.push(stop),
  })
  console.log(`issuer  ${issuer.url}  (zone ${ZONE_ID})`)
  console.log(`worker  ${worker.url}  (${AUDIENCE}, ${config} in workerd)`)
  const { inRedis, throughTheStream, throughTheWorker } = await import('./ways-to-revoke.mjs')
  if (redis === undefined) return { issuer, workerUrl: worker.url, waysToRevoke: [throughTheWorker(issuer)] }

  console.log(`redis   ${redis.database.url}  (a real one, behind Upstash's REST protocol)`)
  // Until a first pass has been made, the Worker lets nobody in.
  await worker.runCron()
  const byStream = throughTheStream({ redis: redis.run, hmacKey: redis.hmacKey, runCron: worker.runCron })
  return { issuer, workerUrl: worker.url, waysToRevoke: [inRedis(redis.database), byStream] }
}

/** A Redis of the demo's own, and what the Worker has to know of it. */
async function startLocalRedis() {
  const { startLocalRedis } = await import('./local-redis.mjs')
  const redis = await startLocalRedis()
  stops.push(redis.stop)
  return redis
}

/** Any free port for the demo; for trying by hand one that stays the same. */
async function workerPort() {
  if (!serve) return 0
  const port = Number(process.env.PORT ?? 8787)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new Error(`PORT must be a number from 0 to 65535, and it is "${process.env.PORT}".`)
  }
  // wrangler would say it in a longer way, and later.
  const probe = createServer()
  await new Promise((resolve, reject) => {
    probe.once('error', (error) => {
      reject(new Error(`Port ${port} cannot be used (${error.message}). Set PORT to another, or to 0.`))
    })
    probe.listen(port, '127.0.0.1', () => probe.close(resolve))
  })
  return port
}

/** @param {Awaited<ReturnType<typeof start>>} running */
async function walk({ issuer, workerUrl, waysToRevoke }) {
  const { walkSteps } = await import('./walk-steps.mjs')
  const startedAt = Date.now()
  const limit = setTimeout(() => {
    console.error(`The demo did not end within ${DEMO_LIMIT_MS / 1000} seconds.`)
    end(1)
  }, DEMO_LIMIT_MS)
  const { passed, total } = await walkSteps({ issuer, workerUrl, audience: AUDIENCE, waysToRevoke })
  clearTimeout(limit)

  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  console.log(`\n${passed === total ? '✓' : '✗'} ${passed} of ${total} as expected, in ${seconds} s`)
  return passed === total
}

/** @param {Awaited<ReturnType<typeof start>>} running */
async function keepServing({ issuer, workerUrl }) {
  const { printCurlLines } = await import('./curl-lines.mjs')
  const print = async () => {
    await printCurlLines({ issuer, workerUrl })
    console.log(`\nThe mandates live ${MANDATE_MINUTES} minutes. Enter prints fresh ones, "rotate" and Enter`)
    console.log('does so under a new key, Ctrl-C ends it. Changes to examples/worker.ts are picked up.')
  }
  await print()
  createInterface({ input: process.stdin }).on('line', async (line) => {
    if (line.trim() === 'rotate') await issuer.rotate()
    await print()
  })
}

/**
 * The messages of an error and of its causes. A stack would hide them, and mostly names wrangler's files.
 *
 * @param {unknown} error
 * @returns {string}
 */
function failureText(error) {
  if (!(error instanceof Error)) return String(error)
  const isNotInstalled = 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND'
  const more = isNotInstalled
    ? 'Run `npm ci` and `npm run build` first.'
    : error.cause && failureText(error.cause)
  return more ? `${error.message}\n${more}` : error.message
}
