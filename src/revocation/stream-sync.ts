// One bounded pass over the streams: what they ask for is applied first and acknowledged after that.

import type { Redis } from '@upstash/redis/cloudflare'
import type { RevocationFault } from '../errors.ts'
import { MAX_BATCH_MESSAGES } from '../limits.ts'
import { DELEGATION_STREAM, REVOCATION_STREAM } from './redis-names.ts'
import type { RedisState } from './redis-state.ts'
import { carryOut, faultOf } from './stream-batch.ts'
import { ConsumerGroup } from './stream-group.ts'
import { instructionIn, type StreamMessage } from './stream-messages.ts'
import type { SyncReport } from './sync-report.ts'

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

/** Never rejects for lack of Redis: what was not done is in the report, and still in the streams. */
export async function syncPass(redis: Redis, state: RedisState, plan: SyncPlan): Promise<SyncReport> {
  const startedAt = Date.now()
  const drain = (stream: string, group: string, shareOfTime: number) => {
    const endsAt = startedAt + plan.maxDurationMs * shareOfTime
    return new StreamPass(new ConsumerGroup(redis, stream, group, plan.consumer), state, plan, endsAt).run(
      startedAt,
    )
  }
  // Each stream has room and time of its own, so that neither has to wait until the other has come to an end.
  const passes = [
    await drain(REVOCATION_STREAM, plan.groups.revocations, 1 / 2),
    await drain(DELEGATION_STREAM, plan.groups.delegations, 1),
  ]
  const sum = (count: (pass: StreamReport) => number) =>
    passes.reduce((total, pass) => total + count(pass), 0)
  const beat = passes.every(({ drained }) => drained) ? await faultOf(() => state.beat(startedAt)) : 'behind'
  return Object.freeze({
    applied: sum(({ applied }) => applied),
    deadLettered: sum(({ deadLettered }) => deadLettered),
    pending: sum(({ pending }) => pending),
    caughtUp: beat === undefined,
    fault: passes.find(({ fault }) => fault !== undefined)?.fault ?? (beat === 'behind' ? undefined : beat),
  })
}

interface StreamReport extends Omit<SyncReport, 'caughtUp'> {
  /** Whether nothing that was in the stream when the pass began remains, here or with other consumers. */
  readonly drained: boolean
}

/** The part of a pass that is about one stream. */
class StreamPass {
  readonly #group: ConsumerGroup
  readonly #state: RedisState
  readonly #plan: SyncPlan
  readonly #endsAt: number
  #seen = 0
  #applied = 0
  #deadLettered = 0
  #pending = 0
  #fault: RevocationFault | undefined

  constructor(group: ConsumerGroup, state: RedisState, plan: SyncPlan, endsAt: number) {
    this.#group = group
    this.#state = state
    this.#plan = plan
    this.#endsAt = endsAt
  }

  async run(startedAt: number): Promise<StreamReport> {
    let drained = false
    const fault = await faultOf(async () => {
      // What stays pending pass after pass must not keep new messages from being read: it gets half of the room.
      const claimed = await this.#claimAll(Math.ceil(this.#plan.maxMessages / 2))
      const read = await this.#readAll()
      drained = claimed && read && this.#pending === 0 && (await this.#group.isIdle(startedAt))
    })
    return {
      applied: this.#applied,
      deadLettered: this.#deadLettered,
      pending: this.#pending,
      drained: drained && this.#fault === undefined,
      fault: fault ?? this.#fault,
    }
  }

  /** Takes over what others left behind. Gives whether that was all of it. */
  async #claimAll(most: number): Promise<boolean> {
    let cursor: string | undefined = '0-0'
    while (cursor !== undefined) {
      if (this.#isSpent(most)) return false
      const { messages, next, trimmed } = await this.#group.claim(
        cursor,
        Math.min(MAX_BATCH_MESSAGES, most - this.#seen),
      )
      if (trimmed) this.#fault ??= 'trimmed'
      await this.#deal(messages)
      cursor = next
    }
    return true
  }

  /** Reads what nobody has read yet. Gives whether that was all of it. */
  async #readAll(): Promise<boolean> {
    for (;;) {
      if (this.#isSpent(this.#plan.maxMessages)) return false
      const messages = await this.#group.read(
        Math.min(MAX_BATCH_MESSAGES, this.#plan.maxMessages - this.#seen),
      )
      if (messages.length === 0) return true
      await this.#deal(messages)
    }
  }

  /** Applies what can be applied, buries what is poison, and acknowledges exactly these. */
  async #deal(messages: readonly StreamMessage[]): Promise<void> {
    if (messages.length === 0) return
    this.#seen += messages.length
    const { stream } = this.#group
    const tasks = await Promise.all(
      messages.map(async (message) => ({
        message,
        instruction: await instructionIn(stream, message, this.#plan.key),
      })),
    )
    const { applied, buried, fault } = await carryOut(tasks, {
      state: this.#state,
      group: this.#group,
      ttlMs: this.#plan.ttlMs,
      isOver: () => this.#isOver(),
    })
    const finished = [...applied, ...buried]
    const unacknowledged =
      finished.length === 0 ? undefined : await faultOf(() => this.#group.acknowledge(finished))
    this.#applied += applied.length
    this.#deadLettered += buried.length
    this.#pending += unacknowledged === undefined ? messages.length - finished.length : messages.length
    this.#fault ??= fault ?? unacknowledged
  }

  #isSpent(most: number): boolean {
    return this.#seen >= most || this.#isOver()
  }

  #isOver(): boolean {
    return Date.now() >= this.#endsAt
  }
}
