// A simple record of what was announced in the streams, and of the losses that a pass may report.

import type { StreamLoss } from 'caracal-edge/upstash'
import { expect } from 'vitest'
import { listOf, PREFIX, pendingIn, REVOCATIONS, type StreamName } from '../redis/streams.ts'
import type { TestRedis } from '../redis/support.ts'
import { isAfter, type Position, type StreamState } from './stream-state.ts'

export interface Announcement extends Position {
  /** The session, or the zone. Every announcement has its own. */
  readonly subject: string
  readonly key: number
  readonly doneAt: number
}

export class StreamRecord {
  /** What may be reported from now on: losses that happened and were not given up. */
  readonly happened = new Set<StreamLoss>()
  /** Whether a pass has seen everything that has happened. */
  isMet = true
  readonly #redis: TestRedis
  readonly #state: StreamState
  #announced: Announcement[] = []

  constructor(redis: TestRedis, state: StreamState) {
    this.#redis = redis
    this.#state = state
  }

  /** Of those whom a guard must refuse or must not know about yet. */
  get announced(): readonly Announcement[] {
    return this.#announced
  }

  add(announcement: Announcement): void {
    this.#announced.push(announcement)
  }

  async expectInEffect(before: number, because: string): Promise<void> {
    expect(await this.missing(before), because).toEqual([])
  }

  async missing(before: number): Promise<readonly Announcement[]> {
    const old = this.#announced.filter(({ doneAt }) => doneAt < before)
    const values = await this.#redis.runAll(old.map((one) => ['EXISTS', keyOf(one)]))
    return old.filter((_, at) => values[at] === 0)
  }

  /** A pass may report this loss from now on. */
  happens(loss: StreamLoss): void {
    this.happened.add(loss)
    this.isMet = false
  }

  /** A cut is a loss if an announcement was neither in effect nor can be read any more. */
  async noteCut(stream: StreamName): Promise<void> {
    for (const one of await this.missing(Number.POSITIVE_INFINITY)) {
      if (one.stream === stream && !(await this.#state.isInStream(one))) return this.happens('trimmed')
    }
    for (const { id } of await pendingIn(this.#redis, stream)) {
      if (listOf(await this.#redis.run('XRANGE', stream, id, id)).length === 0) return this.happens('trimmed')
    }
    // Junk that nobody has read is cut as well, and counts.
    if ((await this.#state.lag(stream)) > 0) this.happens('trimmed')
  }

  async forgive(): Promise<void> {
    const lost: Announcement[] = []
    for (const one of await this.missing(Number.POSITIVE_INFINITY))
      if (!(await this.#isAlive(one))) lost.push(one)
    this.#announced = this.#announced.filter((one) => !lost.includes(one))
    this.happened.clear()
    this.isMet = true
  }

  /** Whether a pass will still come upon it. */
  async #isAlive(one: Announcement): Promise<boolean> {
    if (!(await this.#state.isInStream(one))) return false
    const group = await this.#state.group(one.stream)
    if (group === undefined || isAfter(one.id, group.delivered)) return true
    return (await pendingIn(this.#redis, one.stream)).some(({ id }) => id === one.id)
  }
}

export function keyOf({ stream, subject }: Announcement): string {
  return stream === REVOCATIONS ? `${PREFIX}${subject}` : `${PREFIX}delegation-epoch:${subject}`
}
