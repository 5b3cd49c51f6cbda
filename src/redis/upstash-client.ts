// An @upstash/redis client that fails closed: its commands, over a transport that believes nothing by halves.

import { Redis } from '@upstash/redis/cloudflare'
import { RevocationUnavailableError } from '../decision/errors.ts'
import { boundedBody } from '../lib/bounded-body.ts'
import { isRecord } from '../lib/checks.ts'
import { ownMember } from '../lib/own-member.ts'
import { uncached } from '../lib/uncached.ts'

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
    const { result, response } = await run(connection, headers, JSON.stringify(body))
    syncToken = response.headers.get('Upstash-Sync-Token') ?? syncToken
    return { result }
  })
  return redis
}

type Headers = Readonly<Record<string, string>>

/** The result of one command, of whatever type: who asked for it knows which it must have. */
async function run(connection: UpstashConnection, headers: Headers, command: string) {
  const deadline = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RevocationUnavailableError('timeout'))
      deadline.abort()
    }, connection.timeoutMs)
  })
  try {
    return await Promise.race([answer(connection, headers, command, deadline.signal), expiry])
  } finally {
    clearTimeout(timer)
  }
}

async function answer(connection: UpstashConnection, headers: Headers, command: string, signal: AbortSignal) {
  const response = await post(connection.url, headers, command, signal)
  const body = await boundedBody(response, connection.maxAnswerBytes)
  if (typeof body === 'string') throw new RevocationUnavailableError(body)
  const reply = parsed(await body.text())
  if (response.status !== 200 || (reply !== undefined && Object.hasOwn(reply, 'error')))
    throw new RedisReplyError(reply && ownMember(reply, 'error'))
  if (reply === undefined || !Object.hasOwn(reply, 'result'))
    throw new RevocationUnavailableError('malformed')
  return { result: ownMember(reply, 'result'), response }
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

/** One more try where no answer came at all. What has been answered, however badly, is not asked again. */
async function post(url: string, headers: Headers, body: string, signal: AbortSignal): Promise<Response> {
  const send = () => fetch(url, uncached({ method: 'POST', headers, body, redirect: 'manual', signal }))
  try {
    return await send().catch((error: unknown) => {
      if (signal.aborted) throw error
      return send()
    })
  } catch {
    throw new RevocationUnavailableError('network')
  }
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
