// Runs a program to its end, in an environment without the variables of npm and vitest.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Variables that npm, Node.js and vitest set for their processes, and that would affect these. */
const HANDED_DOWN = [
  /^npm_(package|lifecycle)_/,
  /^npm_config_(local_prefix|dry_run|json|workspaces?)$/,
  /^NODE_(ENV|OPTIONS|V8)/,
  /^VITEST/,
]

/** Runs this Node.js and returns the output; fails unless the program succeeds in time. */
export function runNode(args: readonly string[], directory: string, timeoutMs = 60_000): Promise<string> {
  return run(process.execPath, args, directory, timeoutMs)
}

/** Runs npm and returns the output; fails unless it succeeds in time. */
export function runNpm(args: readonly string[], directory: string, timeoutMs: number): Promise<string> {
  return run('npm', args, directory, timeoutMs)
}

function run(
  program: string,
  args: readonly string[],
  directory: string,
  timeoutMs: number,
): Promise<string> {
  const environment = Object.entries(process.env).filter(
    ([name]) => !HANDED_DOWN.some((one) => one.test(name)),
  )
  const options = {
    cwd: directory,
    env: { ...Object.fromEntries(environment), NO_COLOR: '1' },
    timeout: timeoutMs,
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32' && program === 'npm', // npm.cmd
  }
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const end = error.killed ? `was ended after ${timeoutMs} ms` : `ended with ${error.code}`
      reject(new Error(`${program} ${args.join(' ')} ${end}\n${stdout}\n${stderr}`))
    })
  })
}
