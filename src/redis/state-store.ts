// What every store in Redis does, whatever leads to it.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { assertDelegationEpoch, assertQuery, assertRevocation } from '../revocation/arguments.ts'
import { DEFAULT_TTL_MS, noteDefaultTtl } from '../revocation/default-ttl.ts'
import type { RevocationQuery, RevocationState, WritableRevocationStore } from '../revocation/store.ts'
import { runScript, type SendCommand } from './command.ts'
import { RedisLookup } from './redis-lookup.ts'
import { DEFAULT_KEY_PREFIX } from './redis-names.ts'
import type { RedisStateOptions, SyncAgeOption } from './redis-options.ts'
import { RedisState } from './redis-state.ts'
import { SharedQuestions } from './shared-questions.ts'

/** A way to Redis. */
interface Connection {
  /** Gives a function that sends commands, each with this time limit. */
  readonly sender: (timeoutMs: number) => SendCommand
  /** What messages call it. */
  readonly host: string
}

export abstract class StateStore implements WritableRevocationStore {
  readonly #lookup: RedisLookup
  readonly #state: RedisState
  readonly #host: string
  readonly #defaultTtlMs: number

  /** @param options must be valid */
  protected constructor({ sender, host }: Connection, options: RedisStateOptions & SyncAgeOption) {
    const { timeoutMs = 1_000, keyPrefix = DEFAULT_KEY_PREFIX, defaultTtlMs = DEFAULT_TTL_MS } = options
    const send = sender(timeoutMs)
    this.#lookup = new RedisLookup(new SharedQuestions(send, timeoutMs), keyPrefix, options.maxSyncAgeMs)
    this.#state = new RedisState((...script) => runScript(send, ...script), keyPrefix)
    this.#host = host
    this.#defaultTtlMs = defaultTtlMs
    noteDefaultTtl(this, defaultTtlMs)
  }

  async lookup(query: RevocationQuery): Promise<RevocationState> {
    assertQuery(query)
    return this.#named(this.#lookup.read(query))
  }

  /** @throws {RevocationUnavailableError} (rejects) if Redis does not confirm it */
  async markRevoked(anchorId: string, ttlMs: number = this.#defaultTtlMs): Promise<void> {
    assertRevocation(anchorId, ttlMs)
    await this.#named(this.#state.markRevoked([anchorId], ttlMs))
  }

  /** @throws {RevocationUnavailableError} (rejects) if Redis does not confirm it */
  async markDelegationEpoch(
    zoneId: string,
    epoch: number | bigint,
    ttlMs: number = this.#defaultTtlMs,
  ): Promise<void> {
    assertDelegationEpoch(zoneId, epoch, ttlMs)
    await this.#named(this.#state.raiseEpochs([[zoneId, epoch]], ttlMs))
  }

  /** Says in an outage which Redis was asked. */
  async #named<T>(work: Promise<T>): Promise<T> {
    try {
      return await work
    } catch (error) {
      if (!(error instanceof RevocationUnavailableError) || error.host !== undefined) throw error
      throw new RevocationUnavailableError(error.fault, { host: this.#host, cause: error.cause })
    }
  }
}
