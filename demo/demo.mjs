// @ts-check
// Starts the example Worker in workerd, and an issuer of mandates beside it.
//   npm run demo              a client walks through what a resource server is validated with, and it ends
//   npm run demo -- --redis   the same with revocations in a real Redis, which must be installed
//   npm run dev               both stay, with curl lines to try them; PORT sets the Worker's port (8787)

import { answerSignals, end, onStop, portToUse, runInForeground } from '../lab/foreground.mjs'

const DEMO_LIMIT_MS = 50_000

const options = process.argv.slice(2)
const serve = options.includes('--serve')
const withRedis = options.includes('--redis')

await runInForeground(
  async () => {
    const running = await start()
    // wrangler answers signals too, by then.
    answerSignals()
    return serve ? keepServing(running) : walk(running)
  },
  { serves: serve },
)

async function start() {
  const unknown = options.find((option) => option !== '--serve' && option !== '--redis')
  if (unknown !== undefined) throw new Error(`"${unknown}" is no option of the demo; there is --redis.`)
  if (process.env.npm_config_redis) throw new Error('npm kept --redis for itself: npm run demo -- --redis')
  // Any free port for the demo; for trying by hand one that stays the same.
  const port = serve ? await portToUse(8787) : 0

  // Only now: without dist/ and node_modules/ these imports fail with a message about a file.
  const { startIssuer } = await import('../lab/issuer.mjs')
  const { AUDIENCE, ZONE_ID } = await import('./billing.mjs')
  const { startWorker } = await import('../lab/worker.mjs')

  const issuer = await startIssuer({ audience: AUDIENCE, zoneId: ZONE_ID })
  onStop(issuer.close)
  const redis = withRedis ? await startLocalRedis() : undefined
  const config = redis ? 'examples/worker-redis.toml' : 'wrangler.toml'
  const worker = await startWorker({
    config,
    vars: { CARACAL_STS_URL: issuer.url, CARACAL_ZONE_ID: ZONE_ID, ...redis?.vars },
    port,
    watch: serve,
    onStop,
  })
  console.log(`issuer  ${issuer.url}  (zone ${ZONE_ID})`)
  console.log(`worker  ${worker.url}  (${AUDIENCE}, ${config} in workerd)`)
  const { inRedis, throughTheStream, throughTheWorker } = await import('./ways-to-revoke.mjs')
  if (redis === undefined) return { issuer, workerUrl: worker.url, waysToRevoke: [throughTheWorker(issuer)] }

  console.log(`redis   ${redis.database.url}  (a real one, behind Upstash's REST protocol)`)
  // A new Redis cannot say what was announced before it. Its operator knows: nothing was.
  const { syncRevocations } = await import('caracal-edge/upstash')
  await syncRevocations({ ...redis.database, hmacKey: redis.hmacKey, giveUp: ['restarted'] })
  // Until the Worker's first pass has been made, it lets nobody in.
  await worker.runCron()
  const byStream = throughTheStream({ redis: redis.run, hmacKey: redis.hmacKey, runCron: worker.runCron })
  return { issuer, workerUrl: worker.url, waysToRevoke: [inRedis(redis.database), byStream] }
}

/** A Redis of the demo's own, and what the Worker has to know of it. */
async function startLocalRedis() {
  const { startLocalRedis } = await import('./redis.mjs')
  const redis = await startLocalRedis()
  onStop(redis.stop)
  return redis
}

/** @param {Awaited<ReturnType<typeof start>>} running */
async function walk({ issuer, workerUrl, waysToRevoke }) {
  const { walkSteps } = await import('./walk-steps.mjs')
  const startedAt = Date.now()
  const limit = setTimeout(() => {
    console.error(`The demo did not end within ${DEMO_LIMIT_MS / 1000} seconds.`)
    end(1)
  }, DEMO_LIMIT_MS)
  const { passed, total } = await walkSteps({ issuer, workerUrl, waysToRevoke })
  clearTimeout(limit)

  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1)
  console.log(`\n${passed === total ? '✓' : '✗'} ${passed} of ${total} as expected, in ${seconds} s`)
  return passed === total
}

/** @param {Awaited<ReturnType<typeof start>>} running */
async function keepServing({ issuer, workerUrl }) {
  const { offerCurlLines, printCurlLines, printWorkerLines } = await import('./curl-lines.mjs')
  await offerCurlLines(issuer, async (sid) => {
    await printCurlLines({ issuer, url: workerUrl, invoices: '/invoices', sid })
    if (!withRedis) await printWorkerLines({ issuer, url: workerUrl, sid })
  })
}
