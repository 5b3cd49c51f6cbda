// The command line as users have it: packed, installed into an empty project, and run there.

import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import { builtPackage } from '../package/support/build.ts'
import { runNpm } from '../package/support/run.ts'

export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Dev {
  readonly url: string
  readonly variables: { readonly [name: string]: string }
  readonly child: ChildProcessWithoutNullStreams
  /** Closes its input, as a program does that ends; and waits until it has ended too. */
  readonly end: () => Promise<Ended>
}

export interface RunOptions {
  readonly variables?: { readonly [name: string]: string }
  readonly input?: string
  /** Relative to the project. */
  readonly folder?: string
  /** Without a redis-server on the PATH. */
  readonly withoutRedis?: boolean
  /** Another Node.js than that of the tests. */
  readonly node?: string | undefined
}

export type InstalledCli = ReturnType<typeof installedCli>

/** Installs once for the test file that calls this at its top level. */
export function installedCli() {
  const built = builtPackage()
  let project = ''
  const children = new Set<ChildProcessWithoutNullStreams>()

  beforeAll(async () => {
    project = await realpath(await mkdtemp(join(tmpdir(), 'caracal-edge-cli-')))
    await writeFile(
      join(project, 'package.json'),
      JSON.stringify({ name: 'project', private: true, type: 'module' }),
    )
    await mkdir(join(project, 'empty'))
    const args = [
      'install',
      built().tarball,
      '--prefer-offline',
      '--no-audit',
      '--no-fund',
      '--ignore-scripts',
    ]
    await runNpm(args, project, 180_000)
  }, 200_000)

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    if (project !== '') await rm(project, { recursive: true, force: true })
  }, 30_000)

  const bin = () => join(project, 'node_modules/.bin/caracal-edge')

  function environment({ variables = {}, withoutRedis = false, node = process.execPath }: RunOptions) {
    // A folder with node alone: the program begins with `#!/usr/bin/env node`.
    const path = withoutRedis ? '' : `${delimiter}${process.env.PATH}`
    return { PATH: `${dirname(node)}${path}`, HOME: project, ...variables }
  }

  function start(args: readonly string[], options: RunOptions = {}): ChildProcessWithoutNullStreams {
    // Without a redis-server, the file itself: the folder of node may have one too.
    const [program, first] = options.withoutRedis ? [process.execPath, [bin()]] : [bin(), []]
    const env = options.withoutRedis
      ? { ...environment(options), PATH: join(project, 'empty') }
      : environment(options)
    const child = spawn(program, [...first, ...args], { cwd: join(project, options.folder ?? ''), env })
    children.add(child)
    child.once('exit', () => children.delete(child))
    return child
  }

  async function run(args: readonly string[], options: RunOptions = {}): Promise<Ended> {
    const child = start(args, options)
    const ended = outcomeOf(child)
    child.stdin.end(options.input ?? '')
    return ended
  }

  /** Starts `dev` on a free port, and waits until it serves. */
  async function dev(args: readonly string[] = [], options: RunOptions = {}): Promise<Dev> {
    const child = start(['dev', '--json', '--port', '0', ...args], options)
    const ended = outcomeOf(child)
    const line = await new Promise<string>((resolve, reject) => {
      let text = ''
      child.stdout.on('data', (chunk) => {
        text += chunk
        if (text.includes('\n')) resolve(text)
      })
      ended.then(({ stderr }) => reject(new Error(`dev ended: ${stderr}`)))
    })
    const end = () => {
      child.stdin.end()
      return ended
    }
    return { ...JSON.parse(line), child, end }
  }

  return { run, start, dev, project: () => project, bin, environment }
}

/** Starts `dev` with two zones, once for the tests that call this. `run` has the variables that it printed. */
export function besideDev(cli: InstalledCli) {
  let dev: Dev | undefined
  beforeAll(async () => {
    dev = await cli.dev(['--zone', 'zone-a', '--zone', 'zone-b'])
  }, 30_000)
  afterAll(async () => {
    await dev?.end()
  })
  return {
    url: () => dev?.url ?? '',
    run: (args: readonly string[], options: RunOptions = {}) =>
      cli.run(args, { ...options, variables: { ...dev?.variables, ...options.variables } }),
  }
}

export function outcomeOf(child: ChildProcessWithoutNullStreams): Promise<Ended> {
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
  })
}

/** Sends JSON to a running `dev`. */
export async function post(url: string, body: object, headers: { readonly [name: string]: string } = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: await response.json() }
}
