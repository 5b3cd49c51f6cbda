// Builds the Next app in a copy of its own: Next.js writes into the directory of an app, and others may build, too.

import { cp, mkdtemp, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { RunningProgram } from '../examples/support/running-program.ts'

const SOURCE = fileURLToPath(new URL('next', import.meta.url))
export const NEXT = 'node_modules/.bin/next'
/** Checks the types of the routes against what Next.js has written about them. */
const TSC = 'node_modules/.bin/tsc'

export class NextApp {
  #directory: Promise<string> | undefined

  /** The directory of the built app. Whoever asks first has it built. */
  built(): Promise<string> {
    this.#directory ??= build()
    return this.#directory
  }

  async remove(): Promise<void> {
    if (this.#directory !== undefined) await rm(await this.#directory, { recursive: true })
  }
}

async function build(): Promise<string> {
  process.stdout.write('Building the Next app, which takes up to a minute.\n')
  // Beside the original, so that what it imports from above is where it was.
  const directory = await mkdtemp(`${SOURCE}-built-`)
  await cp(SOURCE, directory, { recursive: true })
  // Without any of the variables that it will run with.
  const program = new RunningProgram(`${NEXT} build '${directory}' && ${TSC} -p '${directory}'`, {})
  if ((await program.ended) === 0) return directory
  await rm(directory, { recursive: true })
  throw new Error(`The Next app cannot be built:\n${program.output}`)
}
