// The variables with which a service finds `dev`, and the file that they are written to.

import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { UsageError } from '../failures.ts'
import { isStreamKey } from '../streams.ts'
import { isPrivate, replaceFile, textOf, type Variables, withVariables } from './env-file.ts'

export interface DevVariables {
  readonly CARACAL_STS_URL: string
  readonly CARACAL_ZONE_ID: string
  readonly CARACAL_AUDIENCE: string
  readonly UPSTASH_REDIS_REST_URL: string
  readonly UPSTASH_REDIS_REST_TOKEN: string
  readonly STREAMS_HMAC_KEY: string
}

/** The secrets of an earlier `dev` at the same address, so that what was exported then is still right; or new ones. */
export function secretsFor(url: string, places: readonly Variables[]) {
  const before = places.find((one) => one.UPSTASH_REDIS_REST_URL === url)
  const token = before?.UPSTASH_REDIS_REST_TOKEN ?? ''
  const key = before?.STREAMS_HMAC_KEY ?? ''
  return {
    UPSTASH_REDIS_REST_URL: url,
    UPSTASH_REDIS_REST_TOKEN: /^[\x21-\x7e]{16,}$/.test(token) ? token : randomBytes(24).toString('hex'),
    STREAMS_HMAC_KEY: isStreamKey(key) ? key : randomBytes(32).toString('hex'),
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

/**
 * Writes the variables into the file, beside what is there.
 * @throws {UsageError} if one is there with another value, unless it may be replaced; if the file cannot hold them
 */
export function writeVariables(file: string, variables: DevVariables, mayReplace: boolean): void {
  const text = textOf(file)
  const before: Variables = parseEnv(text)
  const entries: readonly (readonly [string, string])[] = Object.entries(variables)
  const missing = entries.filter(([name, value]) => before[name] !== value)
  const other = missing.filter(([name]) => before[name] !== undefined)
  if (other.length > 0 && !mayReplace) {
    throw new UsageError(
      `${file} has other values for ${other.map(([name]) => name).join(', ')}: add --force to replace them, or name another file with --write`,
    )
  }
  // Also one that is as it was, but may be read by others by now.
  if (missing.length > 0 || !isPrivate(file))
    replaceFile(file, withVariables(file, text, Object.fromEntries(missing)))
}

/** Lines for a shell. */
export function exportLines(variables: DevVariables): readonly string[] {
  return Object.entries(variables).map(([name, value]) => `export ${name}=${inQuotes(value)}`)
}

/** In single quotes, a shell reads nothing. */
const inQuotes = (text: string) => `'${text.replaceAll("'", "'\\''")}'`

export const shellWord = (text: string): string => (/^[\w./-]+$/.test(text) ? text : inQuotes(text))
