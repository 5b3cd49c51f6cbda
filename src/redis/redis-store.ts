// A revocation store in a Redis that a server reaches over TCP, with whatever client it has.

import { CaracalConfigError } from '../decision/errors.ts'
import { isWorkerd } from '../lib/io-sharing.ts'
import { readOptions } from '../lib/read-options.ts'
import { commandSender, HOST } from './command-sender.ts'
import {
  command,
  type RedisOptions,
  requireCommand,
  STORE_OPTIONS,
  type SyncAgeOption,
} from './redis-options.ts'
import { StateStore } from './state-store.ts'

/** The options of {@link RedisRevocationStore}. */
export interface RedisRevocationStoreOptions extends RedisOptions, SyncAgeOption {}

const OPTIONS = { ...STORE_OPTIONS, command } as const

/**
 * A revocation store for servers (Node, Bun, Deno) that reach a Redis over TCP. The client is yours. A lookup is one
 * `MGET`, which lookups that wait at the same time share. That a mandate is not revoked is never cached.
 *
 * A command that is not answered within `timeoutMs` is an outage, also while the client reconnects.
 *
 * @example
 * ```ts
 * // ioredis
 * new RedisRevocationStore({ command: ([name, ...args]) => redis.call(name, ...args) })
 * // node-redis
 * new RedisRevocationStore({ command: (command) => client.sendCommand([...command]) })
 * // Bun
 * new RedisRevocationStore({ command: ([name, ...args]) => Bun.redis.send(name, args) })
 * ```
 */
export class RedisRevocationStore extends StateStore {
  /** @throws {CaracalConfigError} naming every mistake in the options, and on Workers */
  constructor(options: RedisRevocationStoreOptions) {
    const issues: string[] = []
    const given = readOptions(options, OPTIONS, issues)
    const { command: send } = given
    requireCommand(options, issues)
    if (isWorkerd()) {
      issues.push(
        'RedisRevocationStore does not work on Workers: a TCP connection belongs to the request that opened it, and every later request would hang. Use UpstashRevocationStore from caracal-edge/upstash',
      )
    }
    if (issues.length > 0 || send === undefined) throw new CaracalConfigError(issues)
    super({ sender: (timeoutMs) => commandSender(send, timeoutMs), host: HOST }, given)
  }
}
