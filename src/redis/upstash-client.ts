// Sends commands to an Upstash Redis with the @upstash/redis client, and fails closed.

import type { Redis } from '@upstash/redis/cloudflare'
import { RevocationUnavailableError } from '../decision/errors.ts'
import { boundedFetch, type JsonAnswer } from '../lib/bounded-fetch.ts'
import { isPlainObject, ownMember } from '../lib/own-member.ts'
import { wordsOf } from '../lib/thrown.ts'
import type { SendCommand } from './command.ts'
import { SyncToken } from './sync-token.ts'

interface UpstashConnection {
  readonly url: string
  readonly token: string
  /** The limit for a whole command: connection, response, body and both tries. */
  readonly timeoutMs: number
  /** The largest response to a command that is read. */
  readonly maxAnswerBytes: (command: unknown) => number
}

type ClientModule = typeof import('@upstash/redis/cloudflare')

/** The module is kept, not the promise of it: in workerd, a promise of another request may never settle. */
let clientModule: ClientModule | undefined

/** The client is loaded with the first command, so that an isolate starts sooner. */
export function upstashSender(connection: UpstashConnection): SendCommand {
  // In a replicated database, each command sees what earlier commands of this sender have written.
  const syncToken = new SyncToken()
  let redis: Redis | undefined
  return async (command) => {
    clientModule ??= await import('@upstash/redis/cloudflare')
    redis ??= clientOf(clientModule, connection, syncToken)
    return redis.exec([...command])
  }
}

/**
 * The client writes the command and returns values as they are stored. The request is sent here: the client itself would
 * follow redirects, treat an abort as a reply, read a body of any size, and quote commands in errors.
 */
function clientOf({ Redis }: ClientModule, connection: UpstashConnection, syncToken: SyncToken): Redis {
  const { host, href } = new URL(connection.url)
  const redis = new Redis({
    // The client refuses `HTTPS://`.
    url: href,
    token: connection.token,
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
  })
  redis.use(async ({ body }) => {
    const sent = syncToken.send(!isRead(body))
    const headers = {
      Authorization: `Bearer ${connection.token}`,
      'Content-Type': 'application/json',
      'Upstash-Sync-Token': sent.token,
    }
    const answer = await boundedFetch({
      url: connection.url,
      init: { method: 'POST', headers, body: JSON.stringify(body) },
      fetch: undefined,
      timeoutMs: connection.timeoutMs,
      maxBytes: connection.maxAnswerBytes(body),
      onlyStatus: undefined,
      tries: 2,
    })
    if (!answer.ok) {
      const { fault, status, cause } = answer.reason
      // A client in between, such as one for tracing, may quote headers and body in its errors.
      const secrets = [connection.token.slice(0, QUOTED_OF_TOKEN), ...textsIn(body)]
      const came = cause === undefined ? undefined : wordsOf(cause, secrets)
      throw new RevocationUnavailableError(fault, { host, status, cause, came })
    }
    const result = resultIn(answer.value, host)
    sent.adopt(answer.value.headers.get('Upstash-Sync-Token'))
    return { result }
  })
  return redis
}

/** Whether a command changes nothing. Of the commands that are sent, only a look-up is known to. */
function isRead(command: unknown): boolean {
  return Array.isArray(command) && command[0] === 'MGET'
}

/** So much of a token is a quote of it: a message may cut the rest off. */
const QUOTED_OF_TOKEN = 8

/** The arguments of a command without its name, and the ends of the keys in it: an id may hold colons. */
function textsIn(command: unknown): readonly string[] {
  const args: readonly unknown[] = Array.isArray(command) ? command.slice(1) : []
  return args
    .flatMap((arg) => (typeof arg === 'string' ? [arg, arg.slice(arg.lastIndexOf(':') + 1)] : []))
    .filter((text) => text.length >= SHORTEST_SECRET)
}

/** Shorter arguments are numbers of keys and options. */
const SHORTEST_SECRET = 4

/** The result of one command. The caller checks its type. */
function resultIn({ status, json }: JsonAnswer, host: string): unknown {
  const reply = isPlainObject(json) ? json : undefined
  if (status !== 200 || (reply !== undefined && Object.hasOwn(reply, 'error'))) {
    const came = reply === undefined ? undefined : replyCode(ownMember(reply, 'error'))
    throw new RevocationUnavailableError('status', { host, status, came })
  }
  if (reply === undefined || !Object.hasOwn(reply, 'result'))
    throw new RevocationUnavailableError('malformed', { host, came: 'no reply of Redis' })
  return ownMember(reply, 'result')
}

/** The code with which Redis begins an error (`WRONGPASS`). The rest quotes the command, so it is not kept. */
function replyCode(error: unknown): string | undefined {
  const code = typeof error === 'string' ? /^[A-Z]{2,20}(?= |$)/.exec(error) : null
  return code === null ? undefined : `Redis says ${code[0]}`
}
