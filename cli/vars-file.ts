// The file of `--vars`, beside the environment, which takes precedence.

import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { UsageError } from './failures.ts'
import { say } from './output.ts'
import { UPSTASH_VARIABLES } from './variables.ts'

/** The variables that commands read. */
const NAMES = [
  'CARACAL_STS_URL',
  'CARACAL_ZONE_ID',
  'CARACAL_AUDIENCE',
  'CARACAL_ALLOW_INSECURE_CONFIG_URLS',
  'STREAMS_HMAC_KEY',
  'REDIS_URL',
  ...UPSTASH_VARIABLES.flat(),
] as const

const OWN: ReadonlySet<string> = new Set(NAMES)

/** They change what Node.js itself does: one lets TLS trust anybody. */
const OF_NODE = /^NODE_/

const files = new Map<string, string>()

/** The file that a variable comes from; `undefined` if it is that of the environment. */
export function fileOf(name: string): string | undefined {
  return files.get(name)
}

/**
 * @param isForModule whether a module of the project is to have all of its variables. Others than ours can change what a
 *   program does that a command starts, such as git
 * @throws {UsageError} if it cannot be read, or if URL and token of one database would come from two places
 */
export function loadVariables(file: string, isForModule: boolean): void {
  const inFile = variablesIn(file)
  const kept = NAMES.filter((name) => {
    const own = process.env[name]
    return own !== undefined && inFile[name] !== undefined && own !== inFile[name]
  })
  for (const [name, value] of Object.entries(inFile)) {
    if (value === undefined || process.env[name] !== undefined) continue
    if (isForModule ? OF_NODE.test(name) : !OWN.has(name)) continue
    process.env[name] = value
    files.set(name, file)
  }
  refuseMixture(file, inFile)
  if (kept.length > 0)
    say(`--vars: of the environment, not of ${file}, where they have other values: ${kept.join(', ')}`)
}

function variablesIn(file: string) {
  try {
    return parseEnv(readFileSync(file, 'utf8'))
  } catch {
    throw new UsageError(`--vars: the file ${file} cannot be read`)
  }
}

/** The token of one database must not be sent to another. */
function refuseMixture(file: string, inFile: { readonly [name: string]: string | undefined }): void {
  for (const pair of UPSTASH_VARIABLES) {
    const isSplit = pair.some((name) => files.has(name)) && pair.some((name) => isOnlyOutside(name, inFile))
    if (!isSplit) continue
    const places = pair.map((name) => `${name} is that of ${fileOf(name) ?? 'the environment'}`)
    throw new UsageError(
      `--vars: ${places.join(', ')}: they belong to one database, and a token is not sent to another. Set both in ${file}, and unset them in the environment, or the other way round`,
    )
  }
}

/** Whether the environment has it and the file does not say the same. */
function isOnlyOutside(name: string, inFile: { readonly [name: string]: string | undefined }): boolean {
  return !files.has(name) && process.env[name] !== undefined && process.env[name] !== inFile[name]
}
