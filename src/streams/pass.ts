// The part of a pass that handles one stream. A message is applied first and acknowledged after that.

import type { RevocationFault } from '../decision/errors.ts'
import { MAX_BATCH_MESSAGES } from '../lib/limits.ts'
import { faultOf } from '../redis/command.ts'
import { applyAll, type Limits, type Task } from './batch.ts'
import type { ConsumerGroup } from './group.ts'
import { bundlesOf, type Letter, letterFor, withoutPayload } from './letters.ts'
import { instructionIn, type StreamMessage, type Taken } from './messages.ts'
import { inParts, type Parts } from './parts.ts'
import type { StreamKeys } from './signature.ts'

/** The result for one stream. */
export interface StreamOutcome {
  readonly applied: number
  readonly deadLettered: number
  readonly pending: number
  readonly olderKeyUsed: boolean
  readonly fault: RevocationFault | undefined
  /** Whether everything was read. Some messages may still be pending with this or another consumer. */
  readonly isDrained: boolean
}

export class StreamPass {
  readonly #group: ConsumerGroup
  readonly #limits: Limits
  readonly #keys: StreamKeys | undefined
  readonly #maxMessages: number
  #seen = 0
  #applied = 0
  #deadLettered = 0
  #pending = 0
  #olderKeyUsed = false
  #fault: RevocationFault | undefined

  constructor(group: ConsumerGroup, limits: Limits, keys: StreamKeys | undefined, maxMessages: number) {
    this.#group = group
    this.#limits = limits
    this.#keys = keys
    this.#maxMessages = maxMessages
  }

  async run(): Promise<StreamOutcome> {
    let isDrained = false
    const fault = await faultOf(async () => {
      const { last, isEmpty } = await this.#drain()
      await this.#retry(last?.waiting)
      isDrained = isEmpty
    })
    this.#fault ??= fault
    return {
      applied: this.#applied,
      deadLettered: this.#deadLettered,
      pending: this.#pending,
      olderKeyUsed: this.#olderKeyUsed,
      fault: this.#fault,
      isDrained: this.#fault === undefined && isDrained,
    }
  }

  /** Claims what other consumers left behind, then reads new messages. */
  async #drain() {
    let last: Taken | undefined
    let cursor: string | undefined = '0-0'
    // Old messages get half of the room: those that stay pending in every pass must not keep out new ones.
    const roomForOld = Math.ceil(this.#maxMessages / 2)
    while (this.#seen < this.#maxMessages && !this.#limits.isOver()) {
      if (this.#seen >= roomForOld) cursor = undefined
      const room = (cursor === undefined ? this.#maxMessages : roomForOld) - this.#seen
      const count = Math.min(MAX_BATCH_MESSAGES, room)
      const taken = await this.#group.take(cursor, count)
      last = taken
      cursor = taken.next
      if (taken.isRead && taken.messages.length === 0) return { last, isEmpty: true }
      await this.#handle(taken)
    }
    return { last, isEmpty: false }
  }

  /** Applies the valid messages and dead-letters the others, which acknowledges them. */
  async #handle({ messages, isRead }: Taken): Promise<void> {
    if (messages.length === 0) return
    this.#seen += messages.length
    const tasks = await this.#tasksOf(messages)
    const stateFor = (ids: readonly string[]) => this.#group.stateOfMessages(ids)
    const applied = await applyAll(tasks, { stateFor, ...this.#limits })
    const poisoned = tasks.flatMap(({ instruction }, at) => {
      const message = messages[at]
      return instruction.kind === 'poison' && message !== undefined
        ? [letterFor(message, instruction.reason)]
        : []
    })
    const buried = await this.#bury(poisoned, isRead)
    this.#applied += applied.done.length
    this.#deadLettered += buried.done.length
    this.#pending += messages.length - applied.done.length - buried.done.length
    this.#fault ??= applied.fault ?? buried.fault
  }

  /**
   * Dead-letters what can be dead-lettered, without its payload if need be. A letter that waits for another key needs its
   * payload, and the fault may be over soon: the first time, it is left pending.
   */
  async #bury(letters: readonly Letter[], isFirstTime: boolean): Promise<Parts<Letter>> {
    const { isOver } = this.#limits
    const done: Letter[] = []
    let fault: RevocationFault | undefined
    const bundles = bundlesOf(letters)
    for (const [at, bundle] of bundles.entries()) {
      const buried = await inParts(bundle, isOver, (some) => this.#group.bury(some))
      const failed = bundle.filter((letter) => !buried.done.includes(letter))
      // On an endpoint that hangs, each bundle would take from the time of the other stream.
      const isLast = isOver()
      // But what stays pending keeps new messages from being read. Those that need their payload stay, all the same.
      const untried = isLast && failed.length > 0 ? bundles.slice(at + 1).flat() : []
      const others = [
        ...failed.filter(({ waits }) => !waits || !isFirstTime),
        ...untried.filter(({ waits }) => !waits),
      ].map(withoutPayload)
      const buriedWithoutPayload = await inParts(others, isOver, (some) => this.#group.bury(some))
      done.push(...buried.done, ...buriedWithoutPayload.done)
      fault ??= others.length < failed.length + untried.length ? buried.fault : buriedWithoutPayload.fault
      if (isLast || isOver()) break
    }
    return { done, fault }
  }

  /** Tries the letters that wait for a key, if the keys have changed. While a letter waits, a loss is held. */
  async #retry(waiting: Taken['waiting']): Promise<void> {
    if (waiting === undefined) return
    const [keysName, triedUpTo = ''] = waiting.tried.split(' ')
    const isTried = keysName === this.#group.plan.keysName
    if (isTried && triedUpTo === waiting.lastId) return
    const stateFor = (ids: readonly string[]) => this.#group.stateOfLetters(ids)
    const verified = new Set<string>()
    let isWhole = true
    let start = isTried && triedUpTo !== '' ? `(${triedUpTo}` : '-'
    for (let letters = await this.#group.waiting(start, MAX_BATCH_MESSAGES); letters.length > 0; ) {
      if (this.#limits.isOver()) return
      const tasks = await this.#tasksOf(letters)
      const applied = await applyAll(tasks, { stateFor, ...this.#limits })
      this.#applied += applied.done.length
      this.#fault ??= applied.fault
      isWhole &&= applied.fault === undefined
      // A letter that could be verified is done, and so are the other letters of the same message.
      for (const [at, { id, instruction }] of tasks.entries()) {
        const isVerified =
          applied.done.includes(id) ||
          (instruction.kind === 'poison' && instruction.reason !== 'invalid_signature')
        if (isVerified) verified.add(letters[at]?.sourceId ?? '')
      }
      const done = letters.filter(({ id, sourceId }) => verified.has(sourceId) && !applied.done.includes(id))
      const lastId = letters.at(-1)?.id ?? ''
      start = `(${lastId}`
      letters = await this.#group.waiting(start, MAX_BATCH_MESSAGES, {
        done: done.map(({ id }) => id),
        removed: applied.done,
        triedUpTo: isWhole ? lastId : '',
      })
    }
  }

  async #tasksOf(messages: readonly Pick<StreamMessage, 'id' | 'fields'>[]): Promise<readonly Task[]> {
    const { stream } = this.#group.plan
    const tasks = await Promise.all(
      messages.map(async ({ id, fields }) => ({
        id,
        instruction: await instructionIn(stream, fields, this.#keys),
      })),
    )
    this.#olderKeyUsed ||= tasks.some(
      ({ instruction }) => instruction.kind !== 'poison' && instruction.signer === 'older',
    )
    return tasks
  }
}
