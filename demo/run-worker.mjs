// @ts-check
// Runs an example Worker in workerd until Ctrl-C, on PORT (3000), as wrangler does on Node 22:
//   node demo/run-worker.mjs examples/worker-hono.toml

import { answerSignals, onStop, portToUse, runInForeground } from '../lab/foreground.mjs'

const NAMES = ['CARACAL_STS_URL', 'CARACAL_ZONE_ID', 'CARACAL_AUDIENCE']
/** Of the examples with a Redis. */
const MORE_NAMES = ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN', 'RECHECK_EVERY_MS']

await runInForeground(
  async () => {
    const [config] = process.argv.slice(2)
    if (config === undefined) throw new Error('Name the wrangler.toml of the Worker, in examples/.')
    const port = await portToUse(3000)
    const { startWorker } = await import('../lab/worker.mjs')
    // Blank ones count as missing, and the Worker names them.
    const vars = Object.fromEntries(
      [...NAMES, ...MORE_NAMES.filter((name) => name in process.env)].map((name) => [
        name,
        process.env[name] ?? '',
      ]),
    )
    const worker = await startWorker({ config, vars, port, watch: true, onStop })
    // wrangler answers signals too, by then.
    answerSignals()
    console.log(`Listening on ${worker.url}`)
  },
  { serves: true },
)
