// Sends commands to an Upstash Redis with the @upstash/redis client, and fails closed.

import { Redis } from '@upstash/redis/cloudflare'
import { RevocationUnavailableError } from '../decision/errors.ts'
import { boundedFetch, type JsonAnswer } from '../lib/bounded-fetch.ts'
import { isRecord } from '../lib/checks.ts'
import { ownMember } from '../lib/own-member.ts'
import type { SendCommand } from './command.ts'
import { SyncToken } from './sync-token.ts'

export interface UpstashConnection {
  readonly url: string
  readonly token: string
  /** The limit for a whole command: connection, response, body and both tries. */
  readonly timeoutMs: number
  /** The largest response that is read. */
  readonly maxAnswerBytes: number
}

/**
 * The client writes the command and returns values as they are stored. The request is sent here: the client itself would
 * follow redirects, treat an abort as a reply, read a body of any size, and quote commands in errors.
 */
export function upstashSender(connection: UpstashConnection): SendCommand {
  const redis = new Redis({
    url: connection.url,
    token: connection.token,
    automaticDeserialization: false,
    enableAutoPipelining: false,
    enableTelemetry: false,
  })
  // In a replicated database, each command sees what earlier commands of this client have written.
  const syncToken = new SyncToken()
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
      maxBytes: connection.maxAnswerBytes,
      onlyStatus: undefined,
      tries: 2,
    })
    if (!answer.ok) throw new RevocationUnavailableError(answer.reason)
    const result = resultIn(answer.value)
    sent.adopt(answer.value.headers.get('Upstash-Sync-Token'))
    return { result }
  })
  return (command) => redis.exec([...command])
}

/** Whether a command changes nothing. Of the commands that are sent, only a look-up is known to. */
function isRead(command: unknown): boolean {
  return Array.isArray(command) && command[0] === 'MGET'
}

/** The result of one command. The caller checks its type. */
function resultIn({ status, json }: JsonAnswer): unknown {
  const reply = isRecord(json) ? json : undefined
  // The text of an error quotes the command, so it is not kept.
  if (status !== 200 || (reply !== undefined && Object.hasOwn(reply, 'error')))
    throw new RevocationUnavailableError('status')
  if (reply === undefined || !Object.hasOwn(reply, 'result'))
    throw new RevocationUnavailableError('malformed')
  return ownMember(reply, 'result')
}
