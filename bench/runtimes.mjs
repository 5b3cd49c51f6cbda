// The runtimes that are measured: how each of them is started, and its version.
// @ts-check

import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { startWorker } from '../lab/worker.mjs'

/**
 * @typedef {object} Runtime
 * @property {string} name with its version
 * @property {() => Promise<import('./interleave.mjs').Row[]>} measure
 */

/** A run takes less than a minute. On a machine so busy that this is not enough, the benchmark goes on without it. */
export const RUN_LIMIT_MS = 600_000

const run = promisify(execFile)
const require = createRequire(import.meta.url)
const versionOf = (/** @type {string} */ name) => require(`${name}/package.json`).version
const binary = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../node_modules/.bin/${name}`, import.meta.url))

/** @type {readonly Runtime[]} */
export const RUNTIMES = [
  { name: `Node ${process.versions.node}`, measure: () => inProcess(process.execPath) },
  { name: `workerd ${versionOf('workerd')}`, measure: inWorkerd },
  { name: `Deno ${versionOf('deno')}`, measure: () => inProcess(binary('deno'), 'run', '--allow-all') },
  { name: `Bun ${versionOf('bun')}`, measure: () => inProcess(binary('bun')) },
]

/** @param {string} command @param {string[]} options */
async function inProcess(command, ...options) {
  const program = fileURLToPath(new URL('in-process.mjs', import.meta.url))
  const { stdout } = await run(command, [...options, program], { timeout: RUN_LIMIT_MS })
  return JSON.parse(stdout)
}

async function inWorkerd() {
  let stop = async () => {}
  try {
    const { url } = await startWorker({
      config: 'bench/worker.toml',
      vars: {},
      port: 0,
      watch: false,
      onStop: (given) => {
        stop = given
      },
    })
    const response = await fetch(url, { signal: AbortSignal.timeout(RUN_LIMIT_MS) })
    if (!response.ok) throw new Error(`The Worker could not measure (${response.status}).`)
    return await response.json()
  } finally {
    await stop()
  }
}
