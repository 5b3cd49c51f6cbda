// A consumer of one stream: reads, claims, dead-letters and acknowledges messages, and checks the form of every reply.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { MAX_BATCH_BYTES } from '../lib/limits.ts'
import { type RunScript, runScript, type SendCommand } from '../redis/command.ts'
import { deadLetterStream, passKey, type SyncKeys, syncKeys } from '../redis/redis-names.ts'
import { RedisState } from '../redis/redis-state.ts'
import type { Letter } from './letters.ts'
import { type Taken, takenIn, type WaitingLetter, waitingIn } from './messages.ts'
import { acknowledging, BURY, RETRY, removing } from './scripts.ts'
import type { StreamLoss } from './sync-report.ts'
import { TAKE } from './take.ts'

/** How long a message must have been pending with another consumer before it is claimed (protocol §5). */
const CLAIM_AFTER_MS = 30_000
/** About how many dead letters are kept for each stream (protocol §5). */
const DEAD_LETTERS_KEPT = 10_000

/** How much longer than its time a pass may take: it finishes what it has started. */
const OVERTIME_MS = 60_000

/** Which stream is read, as whom, and how losses are treated. */
interface ConsumerPlan {
  readonly stream: string
  readonly group: string
  readonly consumer: string
  readonly keyPrefix: string
  readonly lossHoldMs: number
  readonly maxDurationMs: number
  readonly giveUp: readonly StreamLoss[]
  /** The name of the set of signature keys; `''` without any. */
  readonly keysName: string
}

/** What was done about waiting letters. */
interface Tried {
  readonly done: readonly string[]
  readonly removed: readonly string[]
  /** Empty if it is not to be saved. */
  readonly triedUpTo: string
}

/** Belongs to one pass. */
export class ConsumerGroup {
  readonly plan: ConsumerPlan
  readonly #send: SendCommand
  readonly #keys: SyncKeys
  readonly #passKey: string
  #readings = 0

  constructor(send: SendCommand, plan: ConsumerPlan) {
    this.#send = send
    this.plan = plan
    this.#keys = syncKeys(plan.keyPrefix, plan.stream, plan.group)
    this.#passKey = passKey(plan.keyPrefix, plan.stream, plan.group)
  }

  /**
   * Takes the next messages for this consumer: from `cursor` on those that have been pending for long, or else new ones.
   * Losses are recorded first.
   */
  async take(cursor: string | undefined, count: number): Promise<Taken> {
    const { stream, group, consumer, lossHoldMs, giveUp } = this.plan
    const { seen, trimmed, unverified, restarted, waiting, tried } = this.#keys
    const keys = [stream, seen, trimmed, unverified, restarted, waiting, tried, this.#passKey]
    const limits = [String(count), String(CLAIM_AFTER_MS), String(lossHoldMs)]
    const args = [
      group,
      consumer,
      cursor ?? '',
      ...limits,
      giveUp.join(),
      String(MAX_BATCH_BYTES),
      ...this.#nextReading(),
      stream,
    ]
    return takenIn(await runScript(this.#send, TAKE, keys, args))
  }

  /** Writes the state that messages ask for and acknowledges them, in one step. */
  stateOfMessages(ids: readonly string[]): RedisState {
    return new RedisState(this.#acknowledging(ids), this.plan.keyPrefix)
  }

  /** Writes the state that waiting letters ask for and removes them, in one step. */
  stateOfLetters(ids: readonly string[]): RedisState {
    const run: RunScript = (script, keys, args) =>
      runScript(
        this.#send,
        removing(script),
        [this.#keys.waiting, ...keys],
        [String(ids.length), ...ids, ...args],
      )
    return new RedisState(run, this.plan.keyPrefix)
  }

  /** Dead-letters messages and acknowledges them: all of them or none. */
  async bury(letters: readonly Letter[]): Promise<void> {
    const { stream, lossHoldMs, giveUp, keysName } = this.plan
    const { waiting, tried, unverified } = this.#keys
    const isGivenUp = giveUp.includes('unverified')
    const buried: unknown = await this.#acknowledging(letters.map(({ id }) => id))(
      BURY,
      [deadLetterStream(stream), waiting, tried, unverified],
      [
        ...[String(lossHoldMs), flagText(isGivenUp), keysName, String(DEAD_LETTERS_KEPT)],
        ...letters.flatMap(({ id, reason, payload, waits }) => [
          ...[id, reason, payload],
          ...[flagText(reason === 'invalid_signature'), flagText(waits)],
        ]),
      ],
    )
    if (buried !== letters.length) throw new RevocationUnavailableError('malformed')
  }

  #acknowledging(ids: readonly string[]): RunScript {
    const { stream, group } = this.plan
    return (script, keys, args) =>
      runScript(
        this.#send,
        acknowledging(script),
        [stream, this.#keys.seen, ...keys],
        [String(ids.length), ...ids, group, ...args],
      )
  }

  /**
   * The letters that wait for a key, from `start` on. First removes `done`, and saves `triedUpTo`.
   * @param removed by {@link stateOfLetters}
   */
  async waiting(
    start: string,
    count: number,
    { done, removed, triedUpTo }: Tried = { done: [], removed: [], triedUpTo: '' },
  ): Promise<readonly WaitingLetter[]> {
    const { waiting, tried } = this.#keys
    return waitingIn(
      await runScript(
        this.#send,
        RETRY,
        [waiting, tried, this.#passKey],
        [
          ...this.#nextReading(),
          ...[start, String(count), this.plan.keysName, triedUpTo],
          ...[String(done.length), ...done, ...removed],
        ],
      ),
    )
  }

  /** The number of the next reading, and how long Redis remembers it. */
  #nextReading(): readonly string[] {
    return [String(++this.#readings), String(this.plan.maxDurationMs + OVERTIME_MS)]
  }

  /** The keys that BEAT looks at. */
  get beatKeys(): readonly string[] {
    const { trimmed, unverified, restarted, waiting } = this.#keys
    return [this.plan.stream, this.#passKey, trimmed, unverified, restarted, waiting]
  }

  /** What BEAT is told besides. */
  get beatArgs(): readonly string[] {
    return [this.plan.group, String(this.#readings)]
  }
}

function flagText(is: boolean): string {
  return is ? '1' : '0'
}
