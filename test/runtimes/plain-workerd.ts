// workerd without wrangler around it: when a client hangs up, its request is over, as in production.

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { endWithParent } from '../../lab/end-with-parent.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

export interface PlainWorkerd {
  readonly port: number
  stop(): Promise<void>
}

/**
 * @param program relative to the folder of the subject
 * @param vars what the Worker's `env` holds
 */
export async function startPlainWorkerd(
  program: string,
  compatibilityFlags: readonly string[],
  vars: Readonly<Record<string, string>>,
): Promise<PlainWorkerd> {
  const directory = await mkdtemp(join(tmpdir(), 'caracal-edge-workerd-'))
  await build({
    entryPoints: [join(ROOT, 'test/runtimes/subject', program)],
    outfile: join(directory, 'main.mjs'),
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    logLevel: 'silent',
  })
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
        )),
        (name = "internet", network = (allow = ["private", "public"])),
      ],
      sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
    );`
  await writeFile(join(directory, 'config.capnp'), config)
  const child = spawn(
    join(ROOT, 'node_modules/.bin/workerd'),
    ['serve', join(directory, 'config.capnp'), '--control-fd=3'],
    { stdio: ['ignore', 'inherit', 'inherit', 'pipe'], detached: true },
  )
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve())
  })
  if (child.pid !== undefined) endWithParent(-child.pid, ended)
  const port = await new Promise<number>((resolve, reject) => {
    ended.then(() => reject(new Error('workerd ended before it listened.')))
    child.stdio[3]?.on('data', (text) => {
      const [, found] = /"event":"listen".*"port":(\d+)/.exec(String(text)) ?? []
      if (found !== undefined) resolve(Number(found))
    })
  })
  return {
    port,
    async stop() {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
      await ended
      await rm(directory, { recursive: true })
    },
  }
}
