// Passes over the streams of a Redis behind Upstash's REST protocol.

import { refuseInsecureUrls } from '../lib/insecure-urls.ts'
import { MAX_STREAM_ANSWER_BYTES } from '../lib/limits.ts'
import { type Checked, isGiven, readOptions } from '../lib/read-options.ts'
import { upstashSender } from '../redis/upstash-client.ts'
import { DATABASE_OPTIONS, databaseIn, type UpstashOptions } from '../redis/upstash-options.ts'
import { FOLLOW_OPTIONS, type FollowOptions, follow, refuseToFollowOnWorkers } from './follow.ts'
import { compilePass, PASS_OPTIONS, type PassOptions } from './pass-options.ts'
import type { SyncReport } from './sync-report.ts'

/** The options of {@link syncRevocations}. */
export interface SyncRevocationsOptions extends Partial<UpstashOptions>, PassOptions {}

/** The options of {@link followRevocations}. */
export interface FollowRevocationsOptions extends SyncRevocationsOptions, FollowOptions {}

const OPTIONS = { ...DATABASE_OPTIONS, ...PASS_OPTIONS } as const

/**
 * Applies the messages in the revocation streams to the keys that guards look up (protocol §5). One call is one bounded
 * pass, for a cron trigger or a loop: it claims what other consumers left behind, applies what is new, and acknowledges
 * a message only after its effect is in Redis.
 *
 * Messages that were lost are detected and reported as `fault`. They keep every pass from being caught up until no
 * mandate can depend on them, or until an operator gives them up. The first pass of a deployment reports
 * `'restarted'`: earlier messages are unknown.
 *
 * @throws {CaracalConfigError} (rejects) naming every mistake; an outage of Redis does not throw, it is in the report
 * @example
 * ```ts
 * export default {
 *   fetch: guarded,
 *   async scheduled(_controller, env) {
 *     const { caughtUp, fault } = await syncRevocations({ env })
 *     if (!caughtUp) console.warn('revocations are behind', fault)
 *   },
 * }
 * ```
 */
export async function syncRevocations(options: SyncRevocationsOptions = {}): Promise<SyncReport> {
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
 * await followRevocations({ signal: end.signal, onPass: ({ fault }) => fault && console.warn(fault) })
 * ```
 */
export async function followRevocations(options: FollowRevocationsOptions = {}): Promise<void> {
  const issues: string[] = []
  const given = readOptions(options, { ...OPTIONS, ...FOLLOW_OPTIONS }, issues)
  refuseToFollowOnWorkers(issues)
  return follow(await passOf(options, given, issues), given)
}

function passOf(options: unknown, given: Checked<typeof OPTIONS>, issues: string[]) {
  return compilePass(options, given, issues, (timeoutMs) => {
    const { url, token } = databaseOf(options, given, issues)
    if (url === undefined || token === undefined) return undefined
    return upstashSender({ url, token, timeoutMs, maxAnswerBytes: () => MAX_STREAM_ANSWER_BYTES })
  })
}

function databaseOf(options: unknown, { env, url, token }: Checked<typeof OPTIONS>, issues: string[]) {
  const isNamed = isGiven(options, 'url') || isGiven(options, 'token')
  if (!isNamed) return databaseIn(env, issues)
  for (const name of ['url', 'token'] as const) {
    if (!isGiven(options, name)) issues.push(`${name} is missing: set both url and token, or neither`)
  }
  refuseInsecureUrls([{ name: 'url', url }], env, issues)
  return { url, token }
}
