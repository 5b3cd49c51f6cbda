// The examples, started as their first lines say, and the results of the issuer's commands.

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import packageJson from '../../../package.json' with { type: 'json' }
import { ROOT, RunningProgram, type Variables } from './running-program.ts'

const DIRECTORY = `${ROOT}examples/`
const LISTENS = /http:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0):(\d+)/

/** A shell command, parsed. */
export interface CurlLine {
  readonly title: string
  readonly path: string
  readonly init: RequestInit
}

/** The start command in the first lines of each example. */
export const START_COMMANDS: ReadonlyMap<string, string> = new Map(
  readdirSync(DIRECTORY, { recursive: true, encoding: 'utf8' })
    .filter((file) => /^(?!.*(node_modules|\.next\/)).*\.(ts|mjs)$/.test(file))
    .flatMap((file) => {
      const [, command] = /^\/\/ Start: `([^`]+)`/m.exec(readFileSync(DIRECTORY + file, 'utf8')) ?? []
      return command === undefined ? [] : [[file, command]]
    }),
)

export function exampleProgram(file: string, variables: Variables): RunningProgram {
  const command = START_COMMANDS.get(file)
  if (command === undefined) throw new Error(`The first lines of ${file} do not say how it is started.`)
  return new RunningProgram(command.replace('--port 3000', '--port 0'), variables)
}

/** Starts an example, calls `use` with its address, and stops it. */
export async function withExample(
  file: string,
  variables: Variables,
  use: (url: string, program: RunningProgram) => Promise<void>,
): Promise<void> {
  const program = exampleProgram(file, variables)
  try {
    const [, port] = await program.untilItPrints(LISTENS)
    await use(`http://127.0.0.1:${port}`, program)
  } finally {
    await program.stop()
  }
}

/** Why an example cannot be started on this machine. In CI, every machine must be able to. */
export function reasonToSkip(file: string): string | undefined {
  const [, program] = /^npx (deno|bun) /.exec(START_COMMANDS.get(file) ?? '') ?? []
  if (program === undefined || process.env.CI) return undefined
  const { status, error } = spawnSync(`${ROOT}node_modules/.bin/${program}`, ['--version'])
  return status === 0
    ? undefined
    : `skipped: ${program} does not run here (${error?.message ?? `code ${status}`})`
}

/** `npm run …`, but without a build, because other tests use what was built. */
export function npmRun(script: 'dev' | 'issuer'): RunningProgram {
  return new RunningProgram(packageJson.scripts[script].replace('npm run build && ', ''), {})
}

export async function startIssuer() {
  const program = npmRun('issuer')
  await program.untilItPrints(/Ctrl-C ends it/)
  const exported = [...program.output.matchAll(/^export (\w+)=(.*)$/gm)]
  return {
    program,
    variables: Object.fromEntries(exported.map(([, name = '', value = '']) => [name, value])),
    lines: curlLines(program.output),
    /** New lines, with mandates under a new key. */
    async rotated() {
      const { length } = program.output
      program.type('rotate')
      await program.untilItPrints(/Ctrl-C ends it/, length)
      return curlLines(program.output.slice(length))
    },
  }
}

export function curlLines(output: string): readonly CurlLine[] {
  return [...output.matchAll(/^# (.*)\ncurl -i (.*)$/gm)].map(([, title = '', rest = '']) => {
    const [, method = 'GET', path = '', json, authorization] =
      /^(?:-X (\w+) )?http:\/\/[^/]+(\S+)(?: --json '(.*?)')?(?: -H 'Authorization: (.*)')?$/.exec(rest) ?? []
    const headers = new Headers()
    if (authorization !== undefined) headers.set('authorization', authorization)
    return {
      title,
      path,
      init: json === undefined ? { method, headers } : { method: 'POST', headers, body: json },
    }
  })
}

/** The results, in the form of the expectations: `admitted: 200`. */
export async function answerTo({ title, path, init }: CurlLine, url: string) {
  const response = await fetch(url + path, init)
  const body: unknown = await response.json()
  return { title: title.replace(/\d+$/, String(response.status)), body }
}
