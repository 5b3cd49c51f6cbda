// The Redis that the environment names: behind Upstash's REST protocol, or by itself.

import * as redis from 'caracal-edge/redis'
import * as upstash from 'caracal-edge/upstash'
import { UsageError } from './failures.ts'
import { commandTo, placeOf } from './redis-url.ts'
import { variable } from './variables.ts'

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
  /** Sends any command. Rejects with the error that Redis replies. */
  readonly command: redis.RedisCommand
}

/** URL and token: Upstash's own names, and those of Vercel's integration. The first pair that is set takes precedence. */
export const UPSTASH_VARIABLES = [
  ['UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'],
  ['KV_REST_API_URL', 'KV_REST_API_TOKEN'],
] as const

const COMMAND_LIMIT_MS = 10_000

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
    command: async (command) => {
      const response = await fetch(url ?? '', {
        method: 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        body: JSON.stringify(command),
        signal: AbortSignal.timeout(COMMAND_LIMIT_MS),
        redirect: 'error',
      })
      const reply: unknown = await response.json()
      if (response.status !== 200 || !(reply instanceof Object) || !('result' in reply))
        throw new Error('Redis refused')
      return reply.result
    },
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
    command,
  }
}
