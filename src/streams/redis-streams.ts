// Passes over the streams of a Redis that a server reaches with a client of its own.

import { type Checked, readOptions } from '../lib/read-options.ts'
import { commandSender } from '../redis/command-sender.ts'
import { command, type RedisOptions, requireCommand } from '../redis/redis-options.ts'
import { FOLLOW_OPTIONS, type FollowOptions, follow, refuseToFollowOnWorkers } from './follow.ts'
import { compilePass, PASS_OPTIONS, type PassOptions } from './pass-options.ts'
import type { SyncReport } from './sync-report.ts'

/** The options of {@link syncRevocations}. */
export interface SyncRevocationsOptions extends RedisOptions, PassOptions {}

/** The options of {@link followRevocations}. */
export interface FollowRevocationsOptions extends SyncRevocationsOptions, FollowOptions {}

const OPTIONS = { ...PASS_OPTIONS, command } as const

/**
 * Applies the messages in the revocation streams to the keys that guards look up, in one bounded pass. It does what
 * `syncRevocations` of `caracal-edge/upstash` does, with a Redis client of yours.
 *
 * @throws {CaracalConfigError} (rejects) naming every mistake; an outage of Redis does not throw, it is in the report
 * @example
 * ```ts
 * const { caughtUp, fault } = await syncRevocations({ command: ([name, ...args]) => redis.call(name, ...args) })
 * ```
 */
export async function syncRevocations(options: SyncRevocationsOptions): Promise<SyncReport> {
  const issues: string[] = []
  const pass = await passOf(options, readOptions(options, OPTIONS, issues), issues)
  return pass()
}

/**
 * Runs one pass of `syncRevocations` after the other, for a process that lives on (Node, Bun, Deno): at once while there
 * is more to do, otherwise after a second, and in an outage after pauses that grow up to 30 seconds.
 *
 * @returns a promise that resolves when the signal fires and the pass that is running has ended
 * @throws {CaracalConfigError} (rejects) naming every mistake, and on Workers; an outage of Redis does not throw
 * @example
 * ```ts
 * const end = new AbortController()
 * process.once('SIGTERM', () => end.abort())
 * await followRevocations({ command: ([name, ...args]) => redis.call(name, ...args), signal: end.signal })
 * ```
 */
export async function followRevocations(options: FollowRevocationsOptions): Promise<void> {
  const issues: string[] = []
  const given = readOptions(options, { ...OPTIONS, ...FOLLOW_OPTIONS }, issues)
  refuseToFollowOnWorkers(issues)
  return follow(await passOf(options, given, issues), given)
}

function passOf(options: unknown, given: Checked<typeof OPTIONS>, issues: string[]) {
  return compilePass(options, given, issues, (timeoutMs) => {
    requireCommand(options, issues)
    return given.command && commandSender(given.command, timeoutMs)
  })
}
