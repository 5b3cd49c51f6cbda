// The Redis that the environment names: behind Upstash's REST protocol, or by itself.

import * as redis from 'caracal-edge/redis'
import * as upstash from 'caracal-edge/upstash'
import { MAX_RECEIVED_BYTES } from '../lab/resp.mjs'
import { UsageError } from './failures.ts'
import { fetchJson, NoAnswer } from './fetch-json.ts'
import { NoRedis, RedisRefusal } from './redis-fault.ts'
import { commandTo, placeOf } from './redis-url.ts'
import { UPSTASH_VARIABLES, variable } from './variables.ts'
import { within } from './within.ts'

export type PassOptions = Omit<redis.FollowRevocationsOptions, 'command'>

export interface Database {
  /** Where it is, without what could be secret. */
  readonly host: string
  /** @param keyPrefix `undefined` for the usual one */
  readonly storeWith: (
    keyPrefix: string | undefined,
  ) => redis.RedisRevocationStore | upstash.UpstashRevocationStore
  readonly sync: (options: PassOptions) => Promise<upstash.SyncReport>
  readonly follow: (options: PassOptions) => Promise<void>
  /**
   * Sends any command, within limits of time for it and for all of them. Rejects with a `RedisRefusal`, or with another
   * error that `redisFault` explains.
   */
  readonly command: redis.RedisCommand
}

const COMMAND_LIMIT_MS = 10_000

/** For all commands of one run: a Redis that takes its time with each of them is not waited for. */
const ALL_COMMANDS_LIMIT_MS = 30_000

/** @throws {UsageError} if the environment names none */
export function databaseInEnvironment(): Database {
  const database = namedDatabase()
  if (database !== undefined) return database
  throw new UsageError(
    'no Redis is named: set UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or REDIS_URL, or name a file with --vars',
  )
}

/** Upstash before a Redis by itself: that is what a guard at the edge reads. */
export function namedDatabase(): Database | undefined {
  for (const names of UPSTASH_VARIABLES) {
    const [url, token] = names.map(variable)
    if (url !== undefined || token !== undefined) return upstashDatabase(url, token)
  }
  const url = variable('REDIS_URL')
  return url === undefined ? undefined : plainDatabase(url)
}

function upstashDatabase(url: string | undefined, token: string | undefined): Database {
  // It checks both, and names the variable that is wrong.
  upstash.UpstashRevocationStore.fromEnv()
  return {
    host: new URL(url ?? '').host,
    storeWith: (keyPrefix) => upstash.UpstashRevocationStore.fromEnv(undefined, prefixed(keyPrefix)),
    sync: upstash.syncRevocations,
    follow: upstash.followRevocations,
    command: limited(async (command, timeoutMs) => {
      const init = {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(command),
      }
      const limits = { timeoutMs, maxBytes: MAX_RECEIVED_BYTES }
      const { status, json, broken } = await fetchJson(url ?? '', init, limits)
      if (broken !== undefined) throw broken
      if (typeof json?.error === 'string') throw new RedisRefusal(json.error)
      if (status !== 200 || json === undefined || !('result' in json)) throw new NoRedis()
      return json.result
    }),
  }
}

/** Gives each command what is left of the time, and no more than its own. */
function limited(
  send: (command: readonly [string, ...string[]], timeoutMs: number) => Promise<unknown>,
): redis.RedisCommand {
  let end: number | undefined
  return async (command) => {
    end ??= performance.now() + ALL_COMMANDS_LIMIT_MS
    const left = Math.ceil(end - performance.now())
    if (left <= 0)
      throw new NoAnswer('timeout', `within ${ALL_COMMANDS_LIMIT_MS / 1000} seconds for everything`)
    return send(command, Math.min(left, COMMAND_LIMIT_MS))
  }
}

/** A store takes an option that is `undefined` for a mistake. */
function prefixed(keyPrefix: string | undefined) {
  return keyPrefix === undefined ? {} : { keyPrefix }
}

function plainDatabase(url: string): Database {
  const place = placeOf(url)
  const command = commandTo(place)
  return {
    host: `${place.host}:${place.port}`,
    storeWith: (keyPrefix) => new redis.RedisRevocationStore({ ...prefixed(keyPrefix), command }),
    sync: (options) => redis.syncRevocations({ ...options, command }),
    follow: (options) => redis.followRevocations({ ...options, command }),
    command: limited((words, timeoutMs) =>
      // Whatever Redis sends meanwhile: one that drips a reply is not silent.
      within(timeoutMs, command(words), () => NoAnswer.late(timeoutMs)),
    ),
  }
}
