// The variables that commands read.

import { UsageError } from './failures.ts'

/** URL and token: Upstash's own names, and those of Vercel's integration. The first pair that is set takes precedence. */
export const UPSTASH_VARIABLES = [
  ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'],
  ['KV_REST_API_URL', 'KV_REST_API_TOKEN'],
] as const

const ADVICE = 'start caracal-edge dev and set what it prints, or name a file with --vars'

/** A variable, trimmed; `undefined` if it is not set or blank. */
export function variable(name: string): string | undefined {
  return process.env[name]?.trim() || undefined
}

export function requiredVariable(name: string): string {
  const value = variable(name)
  if (value === undefined) throw new UsageError(`${name} is not set: ${ADVICE}`)
  return value
}

/** The issuer that the environment names, without slashes at its end; `undefined` if it names none, or what is none. */
export function namedIssuer(): string | undefined {
  const text = variable('CARACAL_STS_URL')
  return text !== undefined && isIssuer(text) ? withoutSlashes(text) : undefined
}

/** @throws {UsageError} if the environment names no issuer */
export function issuerUrl(): string {
  const text = requiredVariable('CARACAL_STS_URL')
  if (isIssuer(text)) return withoutSlashes(text)
  throw new UsageError(
    'CARACAL_STS_URL must be an http: or https: URL, such as https://sts.example.com, without user, password, query or quotes',
  )
}

/** Paths are put behind it. */
function isIssuer(text: string): boolean {
  if (!/^https?:\/\//i.test(text) || /[?#]/.test(text) || !URL.canParse(text)) return false
  const { username, password } = new URL(text)
  return username + password === ''
}

function withoutSlashes(url: string): string {
  return url.replace(/\/+$/, '')
}
