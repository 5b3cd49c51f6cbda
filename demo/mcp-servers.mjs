// @ts-check
// Starts the example MCP servers. A server has to know its URL, so that the port is found first.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'
import { endWithParent } from '../lab/end-with-parent.mjs'
import { startWorker } from '../lab/worker.mjs'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const START_LIMIT_MS = 10_000

/** @typedef {Readonly<Record<string, string>>} Variables */
/** @typedef {(stop: () => Promise<unknown>) => void} OnStop */

/** @param {Variables} vars @param {OnStop} onStop @returns {Promise<string>} the URL of the server */
export async function startOnWorkerd(vars, onStop) {
  const { port, url } = await freeAddress()
  const config = 'examples/mcp-worker.toml'
  await startWorker({ config, vars: { ...vars, MCP_URL: url }, port, watch: false, onStop })
  return url
}

/** @param {Variables} vars @param {OnStop} onStop @returns {Promise<string>} the URL of the server */
export async function startOnBun(vars, onStop) {
  const { port, url } = await freeAddress()
  const child = spawn(`${ROOT}node_modules/.bin/bun`, ['examples/mcp-bun.ts'], {
    cwd: ROOT,
    env: { ...process.env, ...vars, MCP_URL: url, PORT: String(port) },
    // Bun prints where it listens.
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ended = new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  if (child.pid !== undefined) endWithParent(child.pid, ended)
  onStop(async () => {
    child.kill()
    await ended
  })
  const limit = Date.now() + START_LIMIT_MS
  while (!(await isListening(url))) {
    if (child.pid === undefined || child.exitCode !== null) throw new Error('Bun did not start the example.')
    if (Date.now() > limit) throw new Error(`Bun did not serve the example within ${START_LIMIT_MS} ms.`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return url
}

async function freeAddress() {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const address = probe.address()
  if (address === null || typeof address === 'string') throw new Error('No port is free.')
  await new Promise((resolve) => probe.close(resolve))
  return { port: address.port, url: `http://127.0.0.1:${address.port}/mcp` }
}

/** @param {string} url */
async function isListening(url) {
  try {
    await (await fetch(url)).body?.cancel()
    return true
  } catch {
    return false
  }
}
