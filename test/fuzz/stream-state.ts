// What the streams and their groups in Redis contain, for the record of what was announced.

import { GROUPS, listOf, pendingIn, type StreamName } from '../redis/streams.ts'
import type { TestRedis } from '../redis/support.ts'

export interface Position {
  readonly stream: StreamName
  readonly id: string
}

export class StreamState {
  readonly #redis: TestRedis

  constructor(redis: TestRedis) {
    this.#redis = redis
  }

  async exists(stream: StreamName): Promise<boolean> {
    return (await this.#redis.run('EXISTS', stream)) === 1
  }

  async unread(stream: StreamName): Promise<number> {
    const { delivered } = (await this.group(stream)) ?? { delivered: '0-0' }
    const pending = (await pendingIn(this.#redis, stream)).map(({ id }) => id)
    const all = listOf(await this.#redis.run('XRANGE', stream, '-', '+')).map((one) => String(listOf(one)[0]))
    const first = all.findIndex((id) => isAfter(id, delivered) || pending.includes(id))
    return first < 0 ? 0 : all.length - first
  }

  async group(stream: StreamName): Promise<{ delivered: string; read: number | undefined } | undefined> {
    if (!(await this.exists(stream))) return undefined
    for (const group of listOf(await this.#redis.run('XINFO', 'GROUPS', stream))) {
      const flat = listOf(group)
      const member = (name: string) => flat[flat.indexOf(name) + 1]
      if (member('name') !== GROUPS[stream]) continue
      const read = member('entries-read')
      return {
        delivered: String(member('last-delivered-id')),
        read: typeof read === 'number' ? read : undefined,
      }
    }
    return undefined
  }

  /** How many messages the group has not read and cannot read any more, by Redis' own counters. */
  async lag(stream: StreamName): Promise<number> {
    const group = await this.group(stream)
    if (group === undefined || group.read === undefined) return 0
    const info = listOf(await this.#redis.run('XINFO', 'STREAM', stream))
    const added = Number(info[info.indexOf('entries-added') + 1])
    return added - group.read - (await this.unread(stream))
  }

  async isInStream({ stream, id }: Position): Promise<boolean> {
    return listOf(await this.#redis.run('XRANGE', stream, id, id)).length > 0
  }
}

export function isAfter(one: string, other: string): boolean {
  const [ms = 0n, count = 0n] = one.split('-').map(BigInt)
  const [otherMs = 0n, otherCount = 0n] = other.split('-').map(BigInt)
  return ms !== otherMs ? ms > otherMs : count > otherCount
}
