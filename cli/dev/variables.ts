// The variables with which a service finds `dev`, and the file that they are written to.

import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { Failure, UsageError } from '../failures.ts'

export interface DevVariables {
  readonly CARACAL_STS_URL: string
  readonly CARACAL_ZONE_ID: string
  readonly CARACAL_AUDIENCE: string
  readonly UPSTASH_REDIS_REST_URL: string
  readonly UPSTASH_REDIS_REST_TOKEN: string
  readonly STREAMS_HMAC_KEY: string
}

type Variables = { readonly [name: string]: string | undefined }

/** The secrets of an earlier `dev` at the same address, so that what was exported then is still right; or new ones. */
export function secretsFor(url: string, places: readonly Variables[]) {
  const before = places.find((one) => one.UPSTASH_REDIS_REST_URL === url)
  const token = before?.UPSTASH_REDIS_REST_TOKEN ?? ''
  const key = before?.STREAMS_HMAC_KEY ?? ''
  return {
    UPSTASH_REDIS_REST_URL: url,
    UPSTASH_REDIS_REST_TOKEN: /^[\x21-\x7e]{16,}$/.test(token) ? token : randomBytes(24).toString('hex'),
    STREAMS_HMAC_KEY: /^([0-9a-f]{2}){32,}$/i.test(key) ? key : randomBytes(32).toString('hex'),
  }
}

/** The file that `--write` means without a name: wrangler reads `.dev.vars`. */
export function usualFile(): string {
  const isWorker = ['wrangler.toml', 'wrangler.json', 'wrangler.jsonc'].some((name) => existsSync(name))
  return isWorker ? '.dev.vars' : '.env'
}

/** The variables in a file; none if it does not exist. */
export function variablesIn(file: string): Variables {
  return parseEnv(textOf(file))
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ''
    throw new Failure(`the file ${file} cannot be read`)
  }
}

/**
 * Writes the variables into the file, beside what is there.
 * @throws {UsageError} if one is there with another value, unless it may be replaced; if a value cannot be written so
 *   that it is read again
 */
export function writeVariables(file: string, variables: DevVariables, mayReplace: boolean): void {
  const before = variablesIn(file)
  const entries: readonly (readonly [string, string])[] = Object.entries(variables)
  const other = entries.filter(([name, value]) => before[name] !== undefined && before[name] !== value)
  if (other.length > 0 && !mayReplace) {
    throw new UsageError(
      `${file} has other values for ${other.map(([name]) => name).join(', ')}: add --force to replace them, or name another file with --write`,
    )
  }
  const replaced = new Set(other.map(([name]) => name))
  const kept = textOf(file)
    .split('\n')
    .filter((line) => !replaced.has(/^\s*(?:export\s+)?(\w+)\s*=/.exec(line)?.[1] ?? ''))
    .join('\n')
  const added = entries.filter(([name]) => before[name] === undefined || replaced.has(name))
  if (added.length === 0) return
  const between = kept === '' || kept.endsWith('\n') ? '' : '\n'
  const text = `${kept}${between}${added.map(([name, value]) => `${name}=${quoted(value)}\n`).join('')}`
  const after = parseEnv(text)
  for (const [name, value] of entries) {
    if (after[name] !== value) {
      throw new UsageError(
        `${file} cannot hold the value of ${name}: choose one without quotes and line breaks`,
      )
    }
  }
  try {
    writeFileSync(file, text, { mode: 0o600 })
  } catch {
    throw new Failure(`the file ${file} cannot be written`)
  }
}

function quoted(value: string): string {
  return /^[\w:/.@%+,-]*$/.test(value) ? value : `"${value}"`
}

/** Lines for a shell. */
export function exportLines(variables: DevVariables): readonly string[] {
  return Object.entries(variables).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'`,
  )
}
