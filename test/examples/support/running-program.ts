// Runs a shell command as in a new terminal, and stops all that it started.

import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { endWithParent } from '../../../lab/end-with-parent.mjs'

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url))
const START_LIMIT_MS = 100_000
const STOP_LIMIT_MS = 10_000

export type Variables = { readonly [name: string]: string }

export class RunningProgram {
  /** All output so far. */
  output = ''
  /** Its exit code, when it and everything that it started have ended; `null` after a signal. */
  readonly ended: Promise<number | null>
  readonly #command: string
  readonly #shell

  constructor(command: string, variables: Variables) {
    this.#command = command
    this.#shell = spawn('/bin/sh', ['-c', command], {
      cwd: ROOT,
      // On any free port. Next.js would send telemetry.
      env: { ...ownEnvironment(), PORT: '0', NO_COLOR: '1', NEXT_TELEMETRY_DISABLED: '1', ...variables },
      // Its own process group, which can be stopped as a whole.
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

  /** Rejects with the output if it ends before, or takes too long. */
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

  /** As with Ctrl-C. Rejects if something has to be killed. */
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
