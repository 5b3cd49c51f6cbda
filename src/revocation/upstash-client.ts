// An @upstash/redis client that fails closed: its commands, over a transport that believes nothing by halves.

import { Redis } from '@upstash/redis/cloudflare'
import { RevocationUnavailableError } from '../errors.ts'
import { MAX_STORE_ANSWER_BYTES } from '../limits.ts'

export interface UpstashConnection {
  readonly url: string
  readonly token: string
  /** Covers a whole command: connection, answer and body, and the second try if there is one. */
  readonly timeoutMs: number
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
  redis.use(async ({ body }) => ({ result: await run(connection, JSON.stringify(body)) }))
  return redis
}

/** The result of one command, of whatever type: who asked for it knows which it must have. */
async function run(connection: UpstashConnection, command: string): Promise<unknown> {
  const deadline = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined
  const expiry = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new RevocationUnavailableError('timeout'))
      deadline.abort()
    }, connection.timeoutMs)
  })
  try {
    return await Promise.race([answer(connection, command, deadline.signal), expiry])
  } finally {
    clearTimeout(timer)
  }
}

async function answer(connection: UpstashConnection, command: string, signal: AbortSignal): Promise<unknown> {
  const response = await post(connection, command, signal)
  const reply = parse(await textOf(response))
  if (typeof reply !== 'object' || reply === null) throw new RevocationUnavailableError('malformed')
  if (response.status !== 200 || 'error' in reply)
    throw new RedisReplyError('error' in reply ? reply.error : '')
  if (!('result' in reply)) throw new RevocationUnavailableError('malformed')
  return reply.result
}

/** Redis, or the service in front of it, answered with an error. Of its text, which quotes the command, one word stays. */
export class RedisReplyError extends RevocationUnavailableError {
  readonly kind: string

  constructor(text: unknown) {
    super('status')
    this.kind = /^[A-Z]+/.exec(String(text))?.[0] ?? ''
  }
}

/** One more try where no answer came at all. What has been answered, however badly, is not asked again. */
async function post(connection: UpstashConnection, command: string, signal: AbortSignal): Promise<Response> {
  const send = () =>
    fetch(connection.url, {
      method: 'POST',
      headers: { Authorization: `Bearer ${connection.token}`, 'Content-Type': 'application/json' },
      body: command,
      redirect: 'manual',
      signal,
    })
  try {
    return await send().catch((error: unknown) => {
      if (signal.aborted) throw error
      return send()
    })
  } catch {
    throw new RevocationUnavailableError('network')
  }
}

async function textOf(response: Response): Promise<string> {
  if (response.body === null) return ''
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = response.body.getReader()
  let text = ''
  let size = 0
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) return text + decoder.decode()
      size += value.byteLength
      if (size > MAX_STORE_ANSWER_BYTES) break
      text += decoder.decode(value, { stream: true })
    }
  } catch {
    throw new RevocationUnavailableError('network')
  }
  await reader.cancel()
  throw new RevocationUnavailableError('malformed')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new RevocationUnavailableError('malformed')
  }
}
