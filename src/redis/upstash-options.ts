// The options and variables that name a Redis behind Upstash's REST protocol.

import {
  type Check,
  type Checks,
  duration,
  identifier,
  reportTo,
  secureUrl,
  timeToRemember,
} from '../lib/checks.ts'
import { type VariableName, variable } from '../lib/environment.ts'

/** The options that a store and a pass over the streams have in common. */
export interface UpstashOptions {
  /** The REST URL of the database: `https:`, or `http:` on a loopback host. */
  readonly url: string
  /** Its REST token. */
  readonly token: string
  /** The prefix of every key. Default: `caracal:revoked:sessions:`, which services in other languages use. */
  readonly keyPrefix?: string
  /** How long a revocation is remembered, in milliseconds, 15 minutes or more. Default: 24 hours. */
  readonly defaultTtlMs?: number
  /** The time limit of one command, body included, in milliseconds. Default: 1,000 in a store, 5,000 in a pass. */
  readonly timeoutMs?: number
}

const token: Check<string> = (value, report) => {
  const text = identifier(value, report)
  if (text === undefined || /^[\x21-\x7e]+$/.test(text)) return text
  report('must be the token as Upstash shows it: printable ASCII without spaces')
  return undefined
}

export const UPSTASH_OPTIONS = {
  url: secureUrl,
  token,
  keyPrefix: identifier,
  defaultTtlMs: timeToRemember,
  timeoutMs: duration,
} as const satisfies Checks

/** A variable that must be set and valid. Adds an issue if it is not. */
export function requiredVariable<T>(
  bindings: unknown,
  name: VariableName,
  check: Check<T>,
  issues: string[],
): T | undefined {
  const value = variable(bindings, name)
  if (value !== undefined) return check(value, reportTo(issues, name))
  issues.push(`${name} is not set`)
  return undefined
}

/** The database that the environment names, from the bindings or the runtime. */
export function databaseIn(bindings: unknown, issues: string[]) {
  return {
    url: requiredVariable(bindings, 'UPSTASH_REDIS_REST_URL', secureUrl, issues),
    token: requiredVariable(bindings, 'UPSTASH_REDIS_REST_TOKEN', token, issues),
  }
}
