// The options and variables that name a Redis behind Upstash's REST protocol.

import { type Checks, identifier, restricted } from '../lib/checks.ts'
import { isBound, isInRuntime, requiredVariable, type VariableName } from '../lib/environment.ts'
import { refuseInsecureUrls } from '../lib/insecure-urls.ts'
import { serviceUrl } from '../lib/urls.ts'
import type { RedisStateOptions } from './redis-options.ts'

/** Which database a store or a pass over the streams uses. */
export interface UpstashOptions extends RedisStateOptions {
  /** The REST URL of the database: `https:`, or `http:` on a loopback host (see `CARACAL_ALLOW_INSECURE_CONFIG_URLS`). */
  readonly url: string
  /** Its REST token. */
  readonly token: string
}

const token = restricted(
  identifier,
  (text) => /^[\x21-\x7e]+$/.test(text),
  'must be the token as Upstash shows it: printable ASCII without spaces',
)

export const DATABASE_OPTIONS = { url: serviceUrl, token } as const satisfies Checks

/** Upstash's own names, and those of Vercel's integration. The first pair that is set takes precedence. */
const DATABASES = [
  { url: 'UPSTASH_REDIS_REST_URL', token: 'UPSTASH_REDIS_REST_TOKEN' },
  { url: 'KV_REST_API_URL', token: 'KV_REST_API_TOKEN' },
] as const

const ADVICE = 'set it to what the database shows as its REST API'

/**
 * The database that the environment names, from the bindings or the runtime. URL and token always come from the same
 * pair of names: the token of one database must not be sent to another.
 */
export function databaseIn(bindings: unknown, issues: string[]) {
  const namedIn = (isSet: (name: VariableName) => boolean) =>
    DATABASES.filter(({ url, token }) => isSet(url) || isSet(token))
  const [names = DATABASES[0], other] = [
    ...new Set([...namedIn((name) => isBound(bindings, name)), ...namedIn(isInRuntime)]),
  ]
  const problems: string[] = []
  const url = requiredVariable(bindings, names.url, serviceUrl, problems, ADVICE)
  refuseInsecureUrls([{ name: names.url, url }], bindings, problems)
  const database = { url, token: requiredVariable(bindings, names.token, token, problems, ADVICE) }
  if (problems.length > 0 && other !== undefined) {
    problems.push(
      `${names.url} and ${names.token} belong together: they are not combined with ${other.url} and ${other.token}`,
    )
  }
  issues.push(...problems)
  return database
}
