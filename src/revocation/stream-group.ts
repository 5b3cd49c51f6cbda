// A consumer of one stream: reads, takes over, buries and acknowledges, and believes only answers of the right form.

import type { Redis } from '@upstash/redis/cloudflare'
import { RevocationUnavailableError } from '../errors.ts'
import { deadLetterStream } from './redis-names.ts'
import {
  type Claimed,
  messagesClaimed,
  messagesPending,
  messagesRead,
  type PoisonReason,
  type StreamMessage,
} from './stream-messages.ts'
import { RedisReplyError } from './upstash-client.ts'

/** What other consumers left for so long is taken over (protocol §5). */
const CLAIM_AFTER_MS = 30_000
/** About how many poison messages are kept for each stream (protocol §5). */
const DEAD_LETTERS_KEPT = 10_000

export class ConsumerGroup {
  readonly stream: string
  readonly #redis: Redis
  readonly #group: string
  readonly #consumer: string

  constructor(redis: Redis, stream: string, group: string, consumer: string) {
    this.#redis = redis
    this.stream = stream
    this.#group = group
    this.#consumer = consumer
  }

  /** Messages that have been pending for long, which are this consumer's from now on, and where to go on. */
  async claim(cursor: string, count: number): Promise<Claimed> {
    const claim = () =>
      this.#redis.xautoclaim(this.stream, this.#group, this.#consumer, CLAIM_AFTER_MS, cursor, { count })
    try {
      return messagesClaimed(await this.#withGroup(claim))
    } catch (error) {
      if (!isTooLarge(error)) throw error
      return { messages: await this.#ownPending(count), next: cursor, trimmed: false }
    }
  }

  /** Messages that nobody has read yet. */
  async read(count: number): Promise<readonly StreamMessage[]> {
    try {
      return messagesRead(await this.#withGroup(() => this.#readFrom('>', count)))
    } catch (error) {
      if (!isTooLarge(error)) throw error
      return this.#ownPending(count)
    }
  }

  /**
   * What is pending with this consumer, as much as can be read together: after an answer that was too large, that is
   * where its messages are. One that is too large by itself comes without fields.
   */
  async #ownPending(count: number): Promise<readonly StreamMessage[]> {
    for (let fewer = count; fewer > 1; ) {
      fewer = Math.ceil(fewer / 2)
      try {
        return messagesRead(await this.#readFrom('0', fewer))
      } catch (error) {
        if (!isTooLarge(error)) throw error
      }
    }
    const options = { consumer: this.#consumer }
    return messagesPending(await this.#redis.xpending(this.stream, this.#group, '-', '+', 1, options))
  }

  #readFrom(id: string, count: number): Promise<unknown> {
    return this.#redis.xreadgroup(this.#group, this.#consumer, this.stream, id, { count })
  }

  /** Whether nobody in the group has anything pending that was there at that time. */
  async isIdle(atMs: number): Promise<boolean> {
    const unfinished: unknown = await this.#redis.xpending(this.stream, this.#group, '-', String(atMs), 1)
    return Array.isArray(unfinished) && unfinished.length === 0
  }

  async bury({ id, fields, pairs = [] }: StreamMessage, reason: PoisonReason): Promise<void> {
    const payload = JSON.stringify(fields === undefined ? pairs : Object.fromEntries(fields))
    const letter = { source_id: id, reason, payload }
    const trim = { type: 'MAXLEN', comparison: '~', threshold: DEAD_LETTERS_KEPT } as const
    const written: unknown = await this.#redis.xadd(deadLetterStream(this.stream), '*', letter, { trim })
    if (typeof written !== 'string') throw new RevocationUnavailableError('malformed')
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    const count: unknown = await this.#redis.xack(this.stream, this.#group, [...ids])
    if (typeof count !== 'number') throw new RevocationUnavailableError('malformed')
  }

  /** A group that is missing is made, to begin with the oldest message there is. */
  async #withGroup(command: () => Promise<unknown>): Promise<unknown> {
    try {
      return await command()
    } catch (error) {
      if (!isReply(error, 'NOGROUP')) throw error
    }
    try {
      const options = { MKSTREAM: true }
      await this.#redis.xgroup(this.stream, { type: 'CREATE', group: this.#group, id: '0', options })
    } catch (error) {
      // Another consumer was quicker.
      if (!isReply(error, 'BUSYGROUP')) throw error
    }
    return command()
  }
}

function isReply(error: unknown, kind: string): boolean {
  return error instanceof RedisReplyError && error.kind === kind
}

function isTooLarge(error: unknown): boolean {
  return error instanceof RevocationUnavailableError && error.fault === 'too_large'
}
