// Builds a Next app in a copy of its own: Next.js writes into the directory of an app, and others may build, too.

import { cp, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { RunningProgram, type Variables } from '../examples/support/running-program.ts'

export const NEXT = 'node_modules/.bin/next'
/** Checks the types of the routes against what Next.js has written about them. */
const TSC = 'node_modules/.bin/tsc'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export interface Variant {
  /** What it is built and started with. Of the other variables that it runs with, the build gets none. */
  readonly variables?: Variables
  /** Files of the directory that are not in this app. */
  readonly without?: readonly string[]
}

export class NextApp {
  readonly #source: string
  readonly variables: Variables
  readonly #without: readonly string[]
  #directory: Promise<string> | undefined
  #output = ''

  /** @param source a directory beside this file */
  constructor(source: string, { variables = {}, without = [] }: Variant = {}) {
    this.#source = source
    this.variables = variables
    this.#without = without
  }

  /** The command that starts the built app. Whoever asks first has it built. */
  async startCommand(): Promise<string> {
    this.#directory ??= this.#build()
    return `${NEXT} start '${await this.#directory}' --port 0 --hostname 127.0.0.1`
  }

  /** What Next.js printed while it built. */
  async buildOutput(): Promise<string> {
    await this.startCommand()
    return this.#output
  }

  async remove(): Promise<void> {
    if (this.#directory !== undefined) await rm(await this.#directory, { recursive: true })
  }

  async #build(): Promise<string> {
    process.stdout.write(`Building the Next app ${this.#source}, which takes up to a minute.\n`)
    // Beside the original, so that what it imports from above is where it was.
    const directory = await mkdtemp(path('next-built-'))
    await cp(path(this.#source), directory, { recursive: true })
    for (const file of this.#without) await rm(join(directory, file))
    const build = `${NEXT} build '${directory}' && ${TSC} -p '${directory}'`
    const program = new RunningProgram(build, this.variables)
    const code = await program.ended
    this.#output = program.output
    if (code === 0) return directory
    await rm(directory, { recursive: true })
    throw new Error(`The Next app cannot be built:\n${program.output}`)
  }
}
