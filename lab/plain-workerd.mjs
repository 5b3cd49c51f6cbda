// @ts-check
// workerd without wrangler around it: when a client hangs up, its request is over, as in production.

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { endWithParent } from './end-with-parent.mjs'

const LISTENS = /"event":"listen","socket":"(\w+)","port":(\d+)/g

/** Told of what the other one does while it does it: an experiment of workerd. */
const TAIL_SERVICE = `(name = "tail", worker = (
          modules = [(name = "tail.mjs", esModule = embed "tail.mjs")],
          compatibilityDate = "2026-10-23",
          compatibilityFlags = ["experimental", "streaming_tail_worker"],
        )),`

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/**
 * @typedef {object} PlainWorkerd
 * @property {number} port
 * @property {number | undefined} tailPort where the tail Worker listens
 * @property {number} pid
 * @property {() => Promise<void>} stop
 */

/**
 * @param {string} program the Worker's module, relative to the project
 * @param {readonly string[]} compatibilityFlags
 * @param {Readonly<Record<string, string>>} vars what the Worker's `env` holds
 * @param {string} [tail] the module of a Worker that is told everything that the first one does (`tailStream`), relative
 *   to the project. It listens too
 * @returns {Promise<PlainWorkerd>}
 */
export async function startPlainWorkerd(program, compatibilityFlags, vars, tail) {
  const directory = await mkdtemp(join(tmpdir(), 'caracal-edge-workerd-'))
  await bundle(program, join(directory, 'main.mjs'))
  if (tail !== undefined) await bundle(tail, join(directory, 'tail.mjs'))
  const bindings = Object.entries(vars).map(
    ([name, value]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(value)})`,
  )
  const flags = compatibilityFlags.map((name) => JSON.stringify(name))
  const config = `
    using Workerd = import "/workerd/workerd.capnp";
    const config :Workerd.Config = (
      services = [
        (name = "main", worker = (
          modules = [(name = "main.mjs", esModule = embed "main.mjs")],
          compatibilityDate = "2026-07-01",
          compatibilityFlags = [${flags}],
          bindings = [${bindings}],
          streamingTails = [${tail === undefined ? '' : '"tail"'}],
        )),
        ${tail === undefined ? '' : TAIL_SERVICE}
        (name = "internet", network = (allow = ["private", "public"])),
      ],
      sockets = [
        (name = "http", address = "127.0.0.1:0", http = (), service = "main"),
        ${tail === undefined ? '' : '(name = "tail", address = "127.0.0.1:0", http = (), service = "tail"),'}
      ],
    );`
  await writeFile(join(directory, 'config.capnp'), config)
  const child = spawn(
    join(ROOT, 'node_modules/.bin/workerd'),
    [
      'serve',
      join(directory, 'config.capnp'),
      '--control-fd=3',
      ...(tail === undefined ? [] : ['--experimental']),
    ],
    { stdio: ['ignore', 'inherit', 'inherit', 'pipe'], detached: true },
  )
  const ended = new Promise((resolve) => {
    child.once('exit', resolve)
    child.once('error', resolve)
  })
  if (child.pid !== undefined) endWithParent(-child.pid, ended)
  /** @type {Map<string, number>} */
  const ports = new Map()
  await new Promise((resolve, reject) => {
    ended.then(() => reject(new Error('workerd ended before it listened.')))
    child.stdio[3]?.on('data', (/** @type {unknown} */ text) => {
      for (const [, socket = '', port] of String(text).matchAll(LISTENS)) ports.set(socket, Number(port))
      if (ports.size === (tail === undefined ? 1 : 2)) resolve(undefined)
    })
  })
  return {
    port: ports.get('http') ?? 0,
    tailPort: ports.get('tail'),
    pid: child.pid ?? 0,
    async stop() {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await ended
      await rm(directory, { recursive: true })
    },
  }
}

/**
 * @param {string} program
 * @param {string} outfile
 */
function bundle(program, outfile) {
  return build({
    entryPoints: [join(ROOT, program)],
    outfile,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    // Without the flag for it, workerd does not load a module that imports one of Node.js.
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'silent',
  })
}
