// What is in Redis about the revocation streams (protocol §5).

import type { RedisCommand } from 'caracal-edge/redis'
import { NoRedis } from './redis-fault.ts'

export const KEY_PREFIX = 'caracal:revoked:sessions:'

/** Whether a text can be a key that signs the messages. */
export const isStreamKey = (text: string): boolean => /^([0-9a-f]{2}){32,}$/i.test(text)

export const REVOCATIONS = 'caracal.sessions.revoke'
export const INVALIDATIONS = 'caracal.delegations.invalidate'

export const STREAMS = [
  { stream: REVOCATIONS, group: 'resource-revocation', option: 'revocationGroup' },
  {
    stream: INVALIDATIONS,
    group: 'resource-delegation-invalidation',
    option: 'delegationGroup',
  },
] as const

export interface DeadLetter {
  readonly stream: string
  readonly id: string
  /** When it was dead-lettered, in ISO 8601. */
  readonly at: string
  readonly fields: Readonly<Record<string, string>>
}

/**
 * The newest first.
 *
 * @throws {NoRedis} (rejects) if what is replied is no list of messages: that there are none would be untrue
 */
export async function deadLetters(send: RedisCommand, count: number): Promise<readonly DeadLetter[]> {
  const found: DeadLetter[] = []
  for (const { stream } of STREAMS) {
    const reply = await send(['XREVRANGE', `${stream}.dead`, '+', '-', 'COUNT', String(count)])
    if (!Array.isArray(reply)) throw new NoRedis()
    for (const entry of reply) {
      const [id, pairs] = listIn(entry)
      if (typeof id !== 'string' || !Array.isArray(pairs)) throw new NoRedis()
      const ms = Number(/^\d+/.exec(id)?.[0])
      found.push({
        stream,
        id,
        at: new Date(Math.min(ms, 8.64e15) || 0).toISOString(),
        fields: recordIn(pairs),
      })
    }
  }
  return found.sort((one, other) => other.at.localeCompare(one.at)).slice(0, count)
}

export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** Names and values in turn. */
export function recordIn(value: unknown): Readonly<Record<string, string>> {
  const list = listIn(value).map(String)
  return Object.fromEntries(list.flatMap((name, at) => (at % 2 === 0 ? [[name, list[at + 1] ?? '']] : [])))
}
