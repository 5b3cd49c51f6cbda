// The options that every store and pass has, and those that name a Redis by a function that sends commands to it.

import { type Checks, functionOf, identifier, syncAge, timeLimit } from '../lib/checks.ts'
import { isGiven } from '../lib/read-options.ts'
import { timeToRemember } from '../revocation/default-ttl.ts'
import type { Command } from './command.ts'

/** The options that a store and a pass over the streams have in common, whatever leads to Redis. */
export interface RedisStateOptions {
  /** The prefix of every key. Default: `caracal:revoked:sessions:`, which services in other languages use. */
  readonly keyPrefix?: string
  /** How long a revocation is remembered, in milliseconds, 15 minutes or more. Default: 24 hours. */
  readonly defaultTtlMs?: number
  /** The time limit of one command, body included, in milliseconds, 50 or more. Default: 1,000 in a store, 5,000 in a pass. */
  readonly timeoutMs?: number
}

export const STATE_OPTIONS = {
  keyPrefix: identifier,
  defaultTtlMs: timeToRemember,
  timeoutMs: timeLimit,
} as const satisfies Checks

/** The options that only a store has. */
export interface SyncAgeOption {
  /**
   * The longest time since the last complete pass of `syncRevocations`, in milliseconds, 1000 or more. After that, every
   * lookup fails and requests get 503. Use at least three times the interval between passes. Default: not checked.
   */
  readonly maxSyncAgeMs?: number
}

export const STORE_OPTIONS = { ...STATE_OPTIONS, maxSyncAgeMs: syncAge } as const satisfies Checks

/**
 * Sends one command to Redis, its name and arguments, and resolves to the reply as the client gives it: strings, numbers,
 * `null` and lists. Rejects with the error that Redis replies. The client must not change the names of keys. See
 * {@link RedisRevocationStore} for common clients.
 */
export type RedisCommand = (command: Command) => Promise<unknown>

/** How a store or a pass over the streams reaches Redis. */
export interface RedisOptions extends RedisStateOptions {
  /** How to send a command. */
  readonly command: RedisCommand
}

export const command = functionOf<RedisCommand>()

/** Adds an issue if the option is not given. */
export function requireCommand(options: unknown, issues: string[]): void {
  if (!isGiven(options, 'command')) issues.push('command is missing: set a function that sends one command')
}
