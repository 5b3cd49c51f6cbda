// Where a `redis:` URL leads, and a function that sends commands there.

import type { RedisCommand } from 'caracal-edge/redis'
import { type RedisPlace, type Reply, sendCommands } from '../lab/resp.mjs'
import { UsageError } from './failures.ts'
import { NoAnswer } from './fetch-json.ts'
import { NoRedis, RedisRefusal } from './redis-fault.ts'

/** @throws {UsageError} which does not quote the URL: it may hold a password */
export function placeOf(text: string): RedisPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (
    url === undefined ||
    !/^rediss?:$/.test(url.protocol) ||
    url.hostname === '' ||
    !/^\/?\d*$/.test(url.pathname)
  ) {
    throw new UsageError(
      'the URL of a Redis (REDIS_URL) must be redis://host:port, or rediss://host:port for TLS, with user:password@ before the host if it wants them, and /number for another database',
    )
  }
  const database = url.pathname.slice(1)
  const credentials = [url.username, url.password].map(decoded).filter((part) => part !== '')
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 6379),
    tls: url.protocol === 'rediss:',
    greeting: [
      ...(credentials.length > 0 ? [['AUTH', ...credentials]] : []),
      ...(database === '' ? [] : [['SELECT', database]]),
    ],
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    throw new UsageError(
      'user and password in the URL of a Redis (REDIS_URL) must be URL-encoded: write %25 for a percent sign',
    )
  }
}

export function commandTo(place: RedisPlace): RedisCommand {
  return async (command) => {
    const [reply] = await sendCommands(place, [command]).catch((error: unknown) => {
      throw faultIn(error)
    })
    return plainReply(reply)
  }
}

/** `sendCommands` rejects with the errors of the socket, with its own, and with what Redis says to AUTH and SELECT. */
function faultIn(error: unknown): Error {
  if (!(error instanceof Error)) return new NoAnswer('network', 'the connection failed')
  if ('code' in error) return new NoAnswer('network', String(error.code))
  if (error.message.includes('RESP2')) return new NoRedis()
  if (error.message.includes('more than any reply')) return new NoAnswer('too large', 'more than 16 MiB')
  if (error.message === 'Redis does not answer.') return new NoAnswer('timeout', 'in a minute')
  return /^[A-Z]+ /.test(error.message)
    ? new RedisRefusal(error.message)
    : new NoAnswer('network', 'the connection was closed')
}

/** As Redis clients give a reply; an error is thrown. */
export function plainReply(reply: Reply | undefined): unknown {
  if (reply instanceof Error) throw new RedisRefusal(reply.message)
  if (Array.isArray(reply)) return reply.map(plainReply)
  return Buffer.isBuffer(reply) ? reply.toString() : reply
}
