// A revocation store in a Redis that all isolates share, reached over Upstash's REST protocol.

import { CaracalConfigError, RevocationUnavailableError } from '../decision/errors.ts'
import { duration } from '../lib/checks.ts'
import { refuseInsecureUrls } from '../lib/insecure-urls.ts'
import { MAX_ANSWER_BYTES_PER_KEY, MAX_LOOKUP_ANSWER_BYTES } from '../lib/limits.ts'
import { isGiven, readOptions } from '../lib/read-options.ts'
import { assertDelegationEpoch, assertRevocation, DEFAULT_TTL_MS } from '../revocation/arguments.ts'
import { noteDefaultTtl } from '../revocation/default-ttl.ts'
import type { RevocationQuery, RevocationState, WritableRevocationStore } from '../revocation/store.ts'
import { RedisLookup } from './redis-lookup.ts'
import { DEFAULT_KEY_PREFIX } from './redis-names.ts'
import { RedisState } from './redis-state.ts'
import { SharedQuestions } from './shared-questions.ts'
import { upstashSender } from './upstash-client.ts'
import { databaseIn, UPSTASH_OPTIONS, type UpstashOptions } from './upstash-options.ts'

/** The options of {@link UpstashRevocationStore}. */
export interface UpstashRevocationStoreOptions extends UpstashOptions {
  /**
   * The longest time since the last complete pass of `syncRevocations`, in milliseconds. After that, every lookup fails
   * and requests get 503. Use at least three times the interval of its cron trigger. Default: not checked.
   */
  readonly maxSyncAgeMs?: number
}

const { url: _, token: __, ...BESIDE_DATABASE } = UPSTASH_OPTIONS
const OPTIONS_BESIDE_DATABASE = { ...BESIDE_DATABASE, maxSyncAgeMs: duration } as const
const OPTIONS = { ...UPSTASH_OPTIONS, ...OPTIONS_BESIDE_DATABASE } as const

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
export class UpstashRevocationStore implements WritableRevocationStore {
  readonly #lookup: RedisLookup
  readonly #state: RedisState
  readonly #host: string
  readonly #defaultTtlMs: number

  /**
   * @param env where `CARACAL_ALLOW_INSECURE_CONFIG_URLS` is read before the runtime's environment: bindings of a Worker
   * @throws {CaracalConfigError} naming every mistake in the options
   */
  constructor(options: UpstashRevocationStoreOptions, env?: object) {
    const issues: string[] = []
    const { url, token, keyPrefix, defaultTtlMs, timeoutMs, maxSyncAgeMs } = readOptions(
      options,
      OPTIONS,
      '',
      issues,
    )
    for (const name of ['url', 'token'] as const) {
      if (!isGiven(options, name)) issues.push(`${name} is missing: set the option, or use fromEnv()`)
    }
    refuseInsecureUrls([{ name: 'url', url }], env, issues)
    if (issues.length > 0 || url === undefined || token === undefined) throw new CaracalConfigError(issues)
    const limitMs = timeoutMs ?? 1_000
    const send = upstashSender({ url, token, timeoutMs: limitMs, maxAnswerBytes: answerBytes })
    const prefix = keyPrefix ?? DEFAULT_KEY_PREFIX
    this.#host = new URL(url).host
    this.#lookup = new RedisLookup(new SharedQuestions(send, limitMs), prefix, maxSyncAgeMs)
    this.#state = new RedisState(send, prefix)
    this.#defaultTtlMs = defaultTtlMs ?? DEFAULT_TTL_MS
    noteDefaultTtl(this, this.#defaultTtlMs)
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
    const options = readOptions(given.length === 0 ? {} : given[0], OPTIONS_BESIDE_DATABASE, '', issues)
    const { url, token } = databaseIn(env, issues)
    if (issues.length > 0 || url === undefined || token === undefined) throw new CaracalConfigError(issues)
    return new UpstashRevocationStore({ ...options, url, token }, env)
  }

  async lookup(query: RevocationQuery): Promise<RevocationState> {
    try {
      return await this.#lookup.read(query)
    } catch (error) {
      if (!(error instanceof RevocationUnavailableError) || error.host !== undefined) throw error
      throw new RevocationUnavailableError(error.fault, { host: this.#host, cause: error.cause })
    }
  }

  /** @throws {RevocationUnavailableError} (rejects) if Redis does not confirm it */
  async markRevoked(anchorId: string, ttlMs: number = this.#defaultTtlMs): Promise<void> {
    assertRevocation(anchorId, ttlMs)
    await this.#state.markRevoked([anchorId], ttlMs)
  }

  /** @throws {RevocationUnavailableError} (rejects) if Redis does not confirm it */
  async markDelegationEpoch(
    zoneId: string,
    epoch: number | bigint,
    ttlMs: number = this.#defaultTtlMs,
  ): Promise<void> {
    assertDelegationEpoch(zoneId, epoch, ttlMs)
    await this.#state.raiseEpochs([[zoneId, epoch]], ttlMs)
  }
}

/** In proportion to the number of keys that are asked for. */
function answerBytes(command: unknown): number {
  const words = Array.isArray(command) ? command.length : 0
  return Math.max(MAX_LOOKUP_ANSWER_BYTES, words * MAX_ANSWER_BYTES_PER_KEY)
}
