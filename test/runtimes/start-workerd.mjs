// @ts-check
// Runs the subject in workerd until it is told to end.  node start-workerd.mjs <wrangler.toml>

import { startWorker } from '../../lab/worker.mjs'

const VARIABLES = /^(CARACAL_|UPSTASH_|OPTIONS_FORM)/

/** @type {(() => Promise<void>) | undefined} */
let stop

/** @param {number} code */
const end = async (code) => {
  await stop?.()
  process.exit(code)
}

try {
  const { url } = await startWorker({
    config: `test/runtimes/subject/${process.argv[2]}`,
    vars: Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) =>
        VARIABLES.test(name) && value !== undefined ? [[name, value]] : [],
      ),
    ),
    port: 0,
    watch: false,
    onStop: (stopWorker) => {
      stop = stopWorker
    },
  })
  // wrangler answers it too: at once, and without stopping workerd in good order.
  process.removeAllListeners('SIGINT')
  process.once('SIGINT', () => end(0))
  console.log(`listening on ${url}`)
} catch (error) {
  console.error(error)
  await end(1)
}
