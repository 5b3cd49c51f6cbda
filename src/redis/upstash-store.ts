// A revocation store in a Redis that all isolates share, reached over Upstash's REST protocol.

import { CaracalConfigError } from '../decision/errors.ts'
import { refuseInsecureUrls } from '../lib/insecure-urls.ts'
import { MAX_ANSWER_BYTES_PER_KEY, MAX_LOOKUP_ANSWER_BYTES } from '../lib/limits.ts'
import { isGiven, readOptions } from '../lib/read-options.ts'
import { typeOf } from '../lib/type-of.ts'
import { STORE_OPTIONS, type SyncAgeOption } from './redis-options.ts'
import { StateStore } from './state-store.ts'
import { upstashSender } from './upstash-client.ts'
import { DATABASE_OPTIONS, databaseIn, type UpstashOptions } from './upstash-options.ts'

/** The options of {@link UpstashRevocationStore}. */
export interface UpstashRevocationStoreOptions extends UpstashOptions, SyncAgeOption {}

const OPTIONS = { ...DATABASE_OPTIONS, ...STORE_OPTIONS } as const

/**
 * A revocation store on Upstash Redis, for production: a revocation applies to the next request in every isolate. A
 * lookup is one HTTP request with one `MGET`, which lookups that wait at the same time share. That a mandate is not
 * revoked is never cached: an answer serves only lookups that began before its question was sent.
 *
 * @example
 * ```ts
 * withCaracal(handler, (env: Env) => ({ revocations: UpstashRevocationStore.fromEnv(env) }))
 * ```
 */
export class UpstashRevocationStore extends StateStore {
  /**
   * @param env where `CARACAL_ALLOW_INSECURE_CONFIG_URLS` is read before the runtime's environment: bindings of a Worker
   * @throws {CaracalConfigError} naming every mistake in the options
   */
  constructor(options: UpstashRevocationStoreOptions, env?: object) {
    const issues: string[] = []
    const given = readOptions(options, OPTIONS, issues)
    const { url, token } = given
    for (const name of ['url', 'token'] as const) {
      if (!isGiven(options, name)) issues.push(`${name} is missing: set the option, or use fromEnv()`)
    }
    refuseInsecureUrls([{ name: 'url', url }], env, issues)
    if (issues.length > 0 || url === undefined || token === undefined) throw new CaracalConfigError(issues)
    const sender = (timeoutMs: number) =>
      upstashSender({ url, token, timeoutMs, maxAnswerBytes: answerBytes })
    super({ sender, host: new URL(url).host }, given)
  }

  /**
   * Reads `UPSTASH_REDIS_REST_URL` and `UPSTASH_REDIS_REST_TOKEN`, or where neither is set, `KV_REST_API_URL` and
   * `KV_REST_API_TOKEN`, as Vercel names them.
   * @param env the bindings of a Worker. A variable that they lack is read from the runtime's environment.
   * @throws {CaracalConfigError} if one is missing or malformed, or naming every mistake in the options
   */
  static fromEnv(
    env?: object,
    ...given: readonly [options?: Omit<UpstashRevocationStoreOptions, 'url' | 'token'>]
  ): UpstashRevocationStore {
    const issues: string[] = []
    // `fromEnv(env, undefined)` is a mistake: the options that were meant may include `maxSyncAgeMs`.
    const options = readOptions(given.length === 0 ? {} : given[0], STORE_OPTIONS, issues)
    const mistake = mistakeInEnvironment(env)
    if (mistake !== undefined) throw new CaracalConfigError([...issues, mistake])
    const { url, token } = databaseIn(env, issues)
    if (issues.length > 0 || url === undefined || token === undefined) throw new CaracalConfigError(issues)
    return new UpstashRevocationStore({ ...options, url, token }, env)
  }
}

function mistakeInEnvironment(env: unknown): string | undefined {
  if (env === undefined || env === null) return undefined
  if (typeof env !== 'object') return `fromEnv must be given the environment, an object, not ${typeOf(env)}`
  return isGiven(env, 'url') && isGiven(env, 'token')
    ? 'fromEnv was given url and token in place of the environment: use new UpstashRevocationStore({ url, token })'
    : undefined
}

/** In proportion to the number of keys that are asked for. */
function answerBytes(command: unknown): number {
  const words = Array.isArray(command) ? command.length : 0
  return Math.max(MAX_LOOKUP_ANSWER_BYTES, words * MAX_ANSWER_BYTES_PER_KEY)
}
