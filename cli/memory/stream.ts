// A stream in memory: its messages, and the groups that read it.

import { workOnMessages } from './limits.ts'
import { compareIds, FIRST, idText, lowerBound, nextId, type StreamId, upperBound } from './stream-id.ts'

export interface Message {
  readonly id: StreamId
  readonly fields: readonly string[]
}

export interface Pending {
  readonly id: StreamId
  consumer: string
  deliveredAt: number
  deliveries: number
}

export interface Group {
  delivered: StreamId
  /** How many messages were ever added up to `delivered`; `null` if that is not known. */
  entriesRead: number | null
  readonly consumers: Set<string>
  /** By the text of the id, in the order of the ids. */
  pending: Map<string, Pending>
}

export class Stream {
  #messages: Message[] = []
  /** The highest id that was deleted; trimming is none. */
  #lastDeleted = FIRST
  lastId = FIRST
  entriesAdded = 0
  readonly groups = new Map<string, Group>()

  get messages(): readonly Message[] {
    return this.#messages
  }

  /** The id that Redis would give a message that is added now. */
  newId(): StreamId {
    const now = { ms: BigInt(Date.now()), count: 0n }
    return compareIds(now, this.lastId) > 0 ? now : nextId(this.lastId)
  }

  add(message: Message): void {
    this.#messages.push(message)
    this.lastId = message.id
    this.entriesAdded += 1
  }

  keepNewest(count: number): void {
    if (this.#messages.length > count) this.#messages = this.#messages.slice(-count || this.#messages.length)
  }

  keepFrom(id: StreamId): void {
    this.#messages = this.#messages.filter((message) => compareIds(message.id, id) >= 0)
  }

  /** How many of them were there. */
  remove(ids: readonly StreamId[]): number {
    const before = this.#messages.length
    const gone = new Set(ids.map(idText))
    for (const { id } of this.#messages) {
      if (gone.has(idText(id)) && compareIds(id, this.#lastDeleted) > 0) this.#lastDeleted = id
    }
    this.#messages = this.#messages.filter(({ id }) => !gone.has(idText(id)))
    return before - this.#messages.length
  }

  range(from: string, to: string): readonly Message[] {
    workOnMessages(this.#messages)
    const [isAfter, isBefore] = [lowerBound(from), upperBound(to)]
    return this.#messages.filter(({ id }) => isAfter(id) && isBefore(id))
  }

  find(id: StreamId): Message | undefined {
    workOnMessages(this.#messages)
    return this.#messages.find(({ id: own }) => own.ms === id.ms && own.count === id.count)
  }

  /** Gives a consumer the next messages of the group, which are pending from then on. */
  deliver(group: Group, consumer: string, count: number): readonly Message[] {
    const next = this.#messages.filter(({ id }) => compareIds(id, group.delivered) > 0).slice(0, count)
    for (const { id } of next) {
      group.pending.set(idText(id), { id, consumer, deliveredAt: Date.now(), deliveries: 1 })
      group.delivered = id
    }
    const left = this.#messages.filter(({ id }) => compareIds(id, group.delivered) > 0).length
    // What was trimmed unread is not counted, as in Redis. After a deletion, it counts from the end.
    const isCounted =
      group.entriesRead !== null && next.every(({ id }) => compareIds(id, this.#lastDeleted) > 0)
    if (isCounted && group.entriesRead !== null) group.entriesRead += next.length
    else if (next.length > 0) group.entriesRead = this.entriesAdded - left
    return next
  }
}
