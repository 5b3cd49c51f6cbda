// An @upstash/redis client that fails closed: its commands, over a transport that believes nothing by halves.

import { Redis } from '@upstash/redis/cloudflare'
import { RevocationUnavailableError } from '../decision/errors.ts'
import { boundedFetch, type JsonAnswer } from '../lib/bounded-fetch.ts'
import { isRecord } from '../lib/checks.ts'
import { ownMember } from '../lib/own-member.ts'

export interface UpstashConnection {
  readonly url: string
  readonly token: string
  /** Covers a whole command: connection, answer and body, and the second try if there is one. */
  readonly timeoutMs: number
  /** The largest answer that is read. */
  readonly maxAnswerBytes: number
}

/**
 * The client writes the commands and leaves values as they are stored. The request is made here, because the client's
 * own would follow a redirect, turn an abort into an answer, read a body of any size, and quote commands in errors.
 */
export function createUpstashClient(connection: UpstashConnection): Redis {
  const redis = new Redis({
    url: connection.url,
    token: connection.token,
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
  })
  // Of a replicated database, a command reads at least what the ones before it on this client have written.
  let syncToken = ''
  redis.use(async ({ body }) => {
    const headers = {
      Authorization: `Bearer ${connection.token}`,
      'Content-Type': 'application/json',
      'Upstash-Sync-Token': syncToken,
    }
    const answer = await boundedFetch({
      url: connection.url,
      init: { method: 'POST', headers, body: JSON.stringify(body) },
      fetch: undefined,
      timeoutMs: connection.timeoutMs,
      maxBytes: connection.maxAnswerBytes,
      onlyStatus: undefined,
      tries: 2,
    })
    if (!answer.ok) throw new RevocationUnavailableError(answer.reason)
    const result = resultIn(answer.value)
    syncToken = answer.value.headers.get('Upstash-Sync-Token') ?? syncToken
    return { result }
  })
  return redis
}

/** The result of one command, of whatever type: who asked for it knows which it must have. */
function resultIn({ status, json }: JsonAnswer): unknown {
  const reply = isRecord(json) ? json : undefined
  if (status !== 200 || (reply !== undefined && Object.hasOwn(reply, 'error')))
    throw new RedisReplyError(reply && ownMember(reply, 'error'))
  if (reply === undefined || !Object.hasOwn(reply, 'result'))
    throw new RevocationUnavailableError('malformed')
  return ownMember(reply, 'result')
}

/**
 * Redis, or the service in front of it, answered with an error. Its text quotes the command, so that only the word at
 * its beginning is kept.
 */
export class RedisReplyError extends RevocationUnavailableError {
  readonly kind: string

  constructor(text: unknown) {
    super('status')
    this.kind = typeof text === 'string' ? (/^[A-Z]+/.exec(text)?.[0] ?? '') : ''
  }
}
