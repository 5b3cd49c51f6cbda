// @ts-check
// Bundles the subject and runs it in workerd itself, without the proxy that Miniflare puts in front and that would
// write another Host.

import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const CONFIG = `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "subject", worker = .subject)],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "subject")],
);
const subject :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  bindings = [(name = "TRUSTED", fromEnvironment = "TRUSTED")],
  compatibilityDate = "2024-09-02",
);
`

/** @param {string} path */
const here = (path) => fileURLToPath(new URL(path, import.meta.url))

const directory = mkdtempSync(join(tmpdir(), 'caracal-edge-workerd-'))
process.once('exit', () => rmSync(directory, { recursive: true }))

await build({
  entryPoints: [here('subject/worker.mjs')],
  outfile: join(directory, 'worker.js'),
  bundle: true,
  format: 'esm',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:workers'],
})
writeFileSync(join(directory, 'config.capnp'), CONFIG)

const workerd = spawn(
  here('../../../node_modules/.bin/workerd'),
  ['serve', join(directory, 'config.capnp'), '--control-fd=1'],
  { stdio: ['ignore', 'pipe', 'inherit'] },
)
// It is told to end as this process is, being of its group.
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => {})
workerd.once('exit', (code) => process.exit(code ?? 0))
createInterface(workerd.stdout).on('line', (line) => {
  const { event, port } = JSON.parse(line)
  if (event === 'listen') console.log(`listening on http://127.0.0.1:${port}`)
})
