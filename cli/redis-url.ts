// Where a `redis:` URL leads, and a function that sends commands there.

import type { RedisCommand } from 'caracal-edge/redis'
import {
  EXCHANGE_LIMIT_MS,
  MAX_RECEIVED_BYTES,
  type RedisPlace,
  type Reply,
  RespFault,
  sendCommands,
} from '../lab/resp.mjs'
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

function faultIn(error: unknown): unknown {
  if (!(error instanceof RespFault)) return error
  switch (error.kind) {
    case 'refused':
      return new RedisRefusal(error.message)
    case 'malformed':
      return new NoRedis()
    case 'too large':
      return NoAnswer.tooLarge(MAX_RECEIVED_BYTES)
    case 'timeout':
      return NoAnswer.late(EXCHANGE_LIMIT_MS)
    case 'network':
      return new NoAnswer('network', error.message)
  }
}

/** As Redis clients give a reply; an error is thrown. */
export function plainReply(reply: Reply | undefined): unknown {
  if (reply instanceof Error) throw new RedisRefusal(reply.message)
  if (Array.isArray(reply)) return reply.map(plainReply)
  return Buffer.isBuffer(reply) ? reply.toString() : reply
}
