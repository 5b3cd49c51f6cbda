// A consumer of one stream: reads, claims, dead-letters and acknowledges messages, and checks the form of every reply.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { MAX_BATCH_BYTES } from '../lib/limits.ts'
import { runScript, type SendCommand } from '../redis/command.ts'
import { deadLetterStream, type SyncKeys, syncKeys } from '../redis/redis-names.ts'
import type { Letter } from './letters.ts'
import { type Taken, takenIn, type WaitingLetter, waitingIn } from './messages.ts'
import { ACKNOWLEDGE, BURY, RETRY } from './scripts.ts'
import type { StreamLoss } from './sync-report.ts'
import { TAKE } from './take.ts'

/** How long a message must have been pending with another consumer before it is claimed (protocol §5). */
const CLAIM_AFTER_MS = 30_000
/** About how many dead letters are kept for each stream (protocol §5). */
const DEAD_LETTERS_KEPT = 10_000

/** Which stream is read, as whom, and how losses are treated. */
export interface ConsumerPlan {
  readonly stream: string
  readonly group: string
  readonly consumer: string
  readonly keyPrefix: string
  readonly lossHoldMs: number
  readonly giveUp: readonly StreamLoss[]
  /** The name of the set of signature keys; `''` without any. */
  readonly keysName: string
}

export class ConsumerGroup {
  readonly plan: ConsumerPlan
  readonly #send: SendCommand
  readonly #keys: SyncKeys

  constructor(send: SendCommand, plan: ConsumerPlan) {
    this.#send = send
    this.plan = plan
    this.#keys = syncKeys(plan.keyPrefix, plan.stream, plan.group)
  }

  /**
   * Takes the next messages for this consumer: from `cursor` on those that have been pending for long, or else new ones.
   * Losses are recorded first.
   */
  async take(cursor: string | undefined, count: number): Promise<Taken> {
    const { stream, group, consumer, lossHoldMs, giveUp } = this.plan
    const { seen, trimmed, unverified, restarted, waiting, tried } = this.#keys
    const keys = [stream, seen, trimmed, unverified, restarted, waiting, tried]
    const limits = [String(count), String(CLAIM_AFTER_MS), String(lossHoldMs)]
    const args = [group, consumer, cursor ?? '', ...limits, giveUp.join(), String(MAX_BATCH_BYTES)]
    return takenIn(await runScript(this.#send, TAKE, keys, args))
  }

  /** Dead-letters messages: all of them or none. */
  async bury(letters: readonly Letter[]): Promise<void> {
    const { stream, lossHoldMs, giveUp, keysName } = this.plan
    const { waiting, tried, unverified } = this.#keys
    const isGivenUp = giveUp.includes('unverified')
    const buried: unknown = await runScript(
      this.#send,
      BURY,
      [deadLetterStream(stream), waiting, tried, unverified],
      [
        ...[String(lossHoldMs), flag(isGivenUp), keysName, String(DEAD_LETTERS_KEPT)],
        ...letters.flatMap(({ id, reason, payload, waits }) => [
          ...[id, reason, payload],
          ...[flag(reason === 'invalid_signature'), flag(waits)],
        ]),
      ],
    )
    if (buried !== letters.length) throw new RevocationUnavailableError('malformed')
  }

  async acknowledge(ids: readonly string[]): Promise<void> {
    const { stream, group } = this.plan
    const count: unknown = await runScript(
      this.#send,
      ACKNOWLEDGE,
      [stream, this.#keys.seen],
      [group, ...ids],
    )
    if (typeof count !== 'number') throw new RevocationUnavailableError('malformed')
  }

  /** The letters that wait for a key, from `start` on. First removes those that are done, and saves `triedUpTo`. */
  async waiting(
    start: string,
    count: number,
    done: readonly string[] = [],
    triedUpTo = '',
  ): Promise<readonly WaitingLetter[]> {
    const { waiting, tried } = this.#keys
    return waitingIn(
      await runScript(
        this.#send,
        RETRY,
        [waiting, tried],
        [start, String(count), this.plan.keysName, triedUpTo, ...done],
      ),
    )
  }

  /** The keys that BEAT looks at. */
  get beatKeys(): readonly string[] {
    const { seen, trimmed, unverified, restarted, waiting } = this.#keys
    return [this.plan.stream, seen, trimmed, unverified, restarted, waiting]
  }
}

function flag(is: boolean): string {
  return is ? '1' : '0'
}
