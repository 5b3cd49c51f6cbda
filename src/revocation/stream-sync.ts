// One bounded pass over the streams: what they ask for is applied first and acknowledged after that.

import type { Redis } from '@upstash/redis/cloudflare'
import { type RevocationFault, RevocationUnavailableError } from '../errors.ts'
import { DELEGATION_STREAM, deadLetterStream, REVOCATION_STREAM } from './redis-names.ts'
import type { RedisState } from './redis-state.ts'
import {
  type Instruction,
  instructionIn,
  messagesClaimed,
  messagesRead,
  type PoisonReason,
  type StreamMessage,
} from './stream-messages.ts'
import type { SyncReport } from './sync-report.ts'
import { RedisReplyError } from './upstash-client.ts'

/** How a pass is to be made. */
export interface SyncPlan {
  readonly groups: { readonly revocations: string; readonly delegations: string }
  readonly consumer: string
  /** `undefined` where unsigned streams were asked for. */
  readonly key: CryptoKey | undefined
  readonly ttlMs: number
  readonly maxMessages: number
  readonly maxDurationMs: number
}

/** What other consumers left for so long is taken over (protocol §5). */
const CLAIM_AFTER_MS = 30_000
const BATCH = 100
/** About how many poison messages are kept for each stream (protocol §5). */
const DEAD_LETTERS_KEPT = 10_000

/** Never rejects for lack of Redis: what was not done is in the report, and still in the streams. */
export async function syncPass(redis: Redis, state: RedisState, plan: SyncPlan): Promise<SyncReport> {
  const startedAt = Date.now()
  const pass = new Pass(redis, state, plan, startedAt + plan.maxDurationMs)
  const drained = [
    await pass.drain(REVOCATION_STREAM, plan.groups.revocations),
    await pass.drain(DELEGATION_STREAM, plan.groups.delegations),
  ]
  if (!drained.includes(false) && pass.pending === 0) await pass.beat(startedAt)
  return pass.report()
}

class Pass {
  readonly #redis: Redis
  readonly #state: RedisState
  readonly #plan: SyncPlan
  readonly #endsAt: number
  #left: number
  #applied = 0
  #deadLettered = 0
  #caughtUp = false
  #fault: RevocationFault | undefined
  pending = 0

  constructor(redis: Redis, state: RedisState, plan: SyncPlan, endsAt: number) {
    this.#redis = redis
    this.#state = state
    this.#plan = plan
    this.#endsAt = endsAt
    this.#left = plan.maxMessages
  }

  report(): SyncReport {
    return Object.freeze({
      applied: this.#applied,
      deadLettered: this.#deadLettered,
      pending: this.pending,
      caughtUp: this.#caughtUp,
      fault: this.#fault,
    })
  }

  /** First what others left behind, then what is new. Gives whether nothing remains, here or with others. */
  async drain(stream: string, group: string): Promise<boolean> {
    const drained = await this.#attempt(async () => {
      let cursor: string | undefined = '0-0'
      while (cursor !== undefined) {
        if (this.#isSpent()) return false
        const { messages, next } = await this.#claim(stream, group, cursor)
        await this.#deal(stream, group, messages)
        cursor = next
      }
      for (;;) {
        if (this.#isSpent()) return false
        const messages = await this.#read(stream, group)
        if (messages.length === 0) break
        await this.#deal(stream, group, messages)
      }
      const unfinished: unknown = await this.#redis.xpending(stream, group, '-', '+', 1)
      return Array.isArray(unfinished) && unfinished.length === 0
    })
    return drained ?? false
  }

  async beat(atMs: number): Promise<void> {
    this.#caughtUp = (await this.#attempt(() => this.#state.beat(atMs).then(() => true))) ?? false
  }

  #isSpent(): boolean {
    return this.#left <= 0 || Date.now() >= this.#endsAt
  }

  async #claim(stream: string, group: string, cursor: string) {
    const { consumer } = this.#plan
    const count = Math.min(BATCH, this.#left)
    const claim = () => this.#redis.xautoclaim(stream, group, consumer, CLAIM_AFTER_MS, cursor, { count })
    return messagesClaimed(await this.#withGroup(stream, group, claim))
  }

  async #read(stream: string, group: string): Promise<readonly StreamMessage[]> {
    const count = Math.min(BATCH, this.#left)
    return messagesRead(await this.#redis.xreadgroup(group, this.#plan.consumer, stream, '>', { count }))
  }

  /** A group that is missing is made, to begin with the oldest message there is. */
  async #withGroup(stream: string, group: string, command: () => Promise<unknown>): Promise<unknown> {
    try {
      return await command()
    } catch (error) {
      if (!(error instanceof RedisReplyError) || error.kind !== 'NOGROUP') throw error
    }
    try {
      await this.#redis.xgroup(stream, { type: 'CREATE', group, id: '0', options: { MKSTREAM: true } })
    } catch (error) {
      // Another consumer was quicker.
      if (!(error instanceof RedisReplyError) || error.kind !== 'BUSYGROUP') throw error
    }
    return command()
  }

  /** Applies what can be applied, buries what is poison, and acknowledges exactly these. */
  async #deal(stream: string, group: string, messages: readonly StreamMessage[]): Promise<void> {
    if (messages.length === 0) return
    this.#left -= messages.length
    const applied: string[] = []
    const buried: string[] = []
    const work = new Batch()
    for (const message of messages) work.add(message, await instructionIn(stream, message, this.#plan.key))

    const done = await this.#attempt(() => this.#revoke([...work.anchors]))
    if (done) applied.push(...work.revoking)
    for (const [zoneId, { epoch, ids }] of work.epochs) {
      const raised = this.#state.raiseEpoch(zoneId, epoch, this.#plan.ttlMs).then(() => true)
      if (await this.#attempt(() => raised)) applied.push(...ids)
    }
    for (const { message, reason } of work.poison) {
      if (await this.#attempt(() => this.#bury(stream, message, reason))) buried.push(message.id)
    }
    const finished = [...applied, ...buried]
    const acknowledged =
      finished.length === 0 || (await this.#attempt(() => this.#acknowledge(stream, group, finished)))
    this.#applied += applied.length
    this.#deadLettered += buried.length
    this.pending += acknowledged ? messages.length - finished.length : messages.length
  }

  async #revoke(anchors: readonly string[]): Promise<true> {
    if (anchors.length > 0) await this.#state.markRevoked(anchors, this.#plan.ttlMs)
    return true
  }

  async #bury(stream: string, { id, fields }: StreamMessage, reason: PoisonReason): Promise<true> {
    const payload = JSON.stringify(Object.fromEntries(fields ?? []))
    const letter = { source_id: id, reason, payload }
    const trim = { type: 'MAXLEN', comparison: '~', threshold: DEAD_LETTERS_KEPT } as const
    const written: unknown = await this.#redis.xadd(deadLetterStream(stream), '*', letter, { trim })
    if (typeof written !== 'string') throw new RevocationUnavailableError('malformed')
    return true
  }

  async #acknowledge(stream: string, group: string, ids: readonly string[]): Promise<true> {
    const count: unknown = await this.#redis.xack(stream, group, [...ids])
    if (typeof count !== 'number') throw new RevocationUnavailableError('malformed')
    return true
  }

  /** `undefined` where Redis failed, which is noted. Anything else that is thrown is a mistake of this package. */
  async #attempt<Result>(work: () => Promise<Result>): Promise<Result | undefined> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof RevocationUnavailableError)) throw error
      this.#fault = error.fault
      return undefined
    }
  }
}

/** The instructions of several messages together, so that they take few commands. */
class Batch {
  readonly anchors = new Set<string>()
  /** Ids of the messages that the anchors come from. */
  readonly revoking: string[] = []
  readonly epochs = new Map<string, { readonly epoch: bigint; readonly ids: readonly string[] }>()
  readonly poison: { readonly message: StreamMessage; readonly reason: PoisonReason }[] = []

  add(message: StreamMessage, instruction: Instruction): void {
    switch (instruction.kind) {
      case 'revoke':
        for (const anchor of instruction.anchors) this.anchors.add(anchor)
        this.revoking.push(message.id)
        break
      case 'raise': {
        const { epoch, ids } = this.epochs.get(instruction.zoneId) ?? { epoch: 0n, ids: [] }
        const highest = instruction.epoch > epoch ? instruction.epoch : epoch
        this.epochs.set(instruction.zoneId, { epoch: highest, ids: [...ids, message.id] })
        break
      }
      case 'poison':
        this.poison.push({ message, reason: instruction.reason })
    }
  }
}
