// @ts-check
// Starts an example Worker in workerd, without the network and without questions.

import { fileURLToPath } from 'node:url'

// wrangler reads these when it is imported, which is why it is imported below and not above.
Object.assign(process.env, {
  WRANGLER_SEND_METRICS: 'false',
  WRANGLER_SEND_ERROR_REPORTS: 'false',
  WRANGLER_WRITE_LOGS: 'false',
  // A developer's own .env must not change what the Worker is started with.
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: 'false',
  // It would ask Cloudflare for a sample `request.cf`, and complain where there is no network.
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
})

const START_LIMIT_MS = 30_000

/**
 * @param {object} options
 * @param {string} options.config its wrangler.toml, relative to the project
 * @param {Record<string, string>} options.vars take the place of those in the configuration, and of secrets
 * @param {number} options.port 0 takes any free one
 * @param {boolean} options.watch whether a change to the sources reloads the Worker
 * @param {(stop: () => Promise<void>) => void} options.onStop is given what stops the Worker before it runs
 * @returns {Promise<{ url: string, runCron: () => Promise<void> }>}
 */
export async function startWorker({ config, vars, port, watch, onStop }) {
  // wrangler's command line needs Node 22; this function of it works on Node 20 as well.
  const { unstable_startWorker } = await import('wrangler')
  const worker = await unstable_startWorker({
    config: fileURLToPath(new URL(`../${config}`, import.meta.url)),
    bindings: Object.fromEntries(
      Object.entries(vars).map(([name, value]) => [name, { type: 'plain_text', value }]),
    ),
    dev: {
      server: { hostname: '127.0.0.1', port },
      // What keeps the Worker from starting is reported here, what breaks a reload only there.
      logLevel: watch ? 'error' : 'none',
      structuredLogsHandler: printLog,
      inspector: false,
      persist: false,
      remote: false,
      watch,
    },
  })
  // Not `worker.dispose`: that one waits for a Worker that failed to start.
  onStop(() => worker.raw.teardown())

  await untilLoaded(worker.raw)
  const { origin } = await worker.url
  return {
    url: origin,
    async runCron() {
      const response = await fetch(`${origin}/cdn-cgi/handler/scheduled`)
      const outcome = await response.text()
      if (outcome !== 'ok') throw new Error(`The cron run of the Worker failed (${outcome}).`)
    },
  }
}

/**
 * `worker.ready` means that the port is open. The Worker itself may still fail to load, and a request to it
 * would then wait forever.
 *
 * @param {import('node:events').EventEmitter} events
 */
async function untilLoaded(events) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let limit
  await new Promise((resolve, reject) => {
    const fail = (/** @type {unknown} */ event) => reject(new Error(failureText(event)))
    events.once('reloadComplete', resolve)
    events.once('buildFailed', fail)
    events.once('error', fail)
    limit = setTimeout(fail, START_LIMIT_MS, 'it took too long')
  }).finally(() => clearTimeout(limit))
}

/** @param {{ level: string, message: string }} log */
function printLog({ level, message }) {
  console.error(`worker ${level}: ${message}`)
}

/** @param {unknown} event */
function failureText(event) {
  const cause = event instanceof Object && 'cause' in event && event.cause ? event.cause : event
  const text = cause instanceof Error ? cause.message : String(cause)
  // What follows there is what the Worker logged, already printed and here as escaped JSON.
  return `The Worker could not be loaded: ${text.split('\nRuntime stderr:')[0]}`
}
