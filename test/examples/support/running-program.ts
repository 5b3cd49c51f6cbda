// Runs a shell command as a developer would who has just opened a terminal, and stops all that it started.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endWithParent } from '../../../lab/end-with-parent.mjs'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const START_LIMIT_MS = 100_000
const STOP_LIMIT_MS = 10_000

export type Variables = { readonly [name: string]: string }

export class RunningProgram {
  /** All that it printed so far. */
  output = ''
  /** Its exit code, when it has ended and so has everything that it started; `null` after a signal. */
  readonly ended: Promise<number | null>
  readonly #command: string
  readonly #shell

  constructor(command: string, variables: Variables) {
    this.#command = command
    this.#shell = spawn('/bin/sh', ['-c', command], {
      cwd: ROOT,
      // On any free port. Next.js would report to its makers from the first run on.
      env: { ...ownEnvironment(), PORT: '0', NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1', ...variables },
      // A process group of its own, which can be stopped as one.
      detached: true,
    })
    this.ended = new Promise((resolve) => this.#shell.once('close', resolve))
    for (const stream of [this.#shell.stdout, this.#shell.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text
      })
    }
    if (this.#shell.pid !== undefined) endWithParent(-this.#shell.pid, this.ended)
  }

  /** Rejects with all that was printed if it ends before, or takes too long. */
  untilItPrints(expected: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const match = expected.exec(this.output.slice(from))
        if (match !== null) resolve(match)
      }
      const giveUp = () => {
        reject(new Error(`${this.#command}\nnever printed ${expected}, but:\n${this.output}`))
      }
      look()
      this.#shell.stdout.on('data', look)
      this.#shell.stderr.on('data', look)
      this.ended.then(giveUp)
      setTimeout(giveUp, START_LIMIT_MS).unref()
    })
  }

  type(line: string): void {
    this.#shell.stdin.write(`${line}\n`)
  }

  /** As Ctrl-C does it. Rejects if something has to be killed. */
  async stop(): Promise<void> {
    this.#signal('SIGINT')
    const limit = setTimeout(() => this.#signal('SIGKILL'), STOP_LIMIT_MS)
    await this.ended
    clearTimeout(limit)
    if (this.#shell.signalCode === 'SIGKILL')
      throw new Error(`${this.#command}\ndid not stop:\n${this.output}`)
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#shell.pid !== undefined) process.kill(-this.#shell.pid, signal)
    } catch {
      // It has ended already.
    }
  }
}

function ownEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME } = process.env
  return { PATH, HOME }
}
