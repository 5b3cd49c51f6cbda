// Sends the commands of `doctor`. One that fails, or has no reply of its kind, is a finding of its own, and ends nothing else.

import type { Database } from '../database.ts'
import { NoRedis, redisFault } from '../redis-fault.ts'
import { bad, type Finding, note } from './finding.ts'

type Command = Parameters<Database['command']>[0]

export interface Asker {
  readonly found: readonly Finding[]
  /** Adds a finding. What has been told is not told again. */
  readonly tell: (finding: Finding) => void
  /** What Redis replies, or `undefined`, and then there is one more finding. `null` is a reply. */
  readonly ask: <Reply>(
    check: Finding['check'],
    what: string,
    command: Command,
    isOfKind: (reply: unknown) => reply is Reply,
  ) => Promise<Reply | undefined>
}

export const isCount = (reply: unknown): reply is number =>
  typeof reply === 'number' && Number.isSafeInteger(reply) && reply >= 0

export const isList = (reply: unknown): reply is readonly unknown[] => Array.isArray(reply)

export const isTextOrNone = (reply: unknown): reply is string | null =>
  reply === null || typeof reply === 'string'

export function askerOf({ command: send, host }: Database): Asker {
  const found: Finding[] = []
  const tell: Asker['tell'] = (finding) => {
    if (!found.some(({ text }) => text === finding.text)) found.push(finding)
  }
  const ask: Asker['ask'] = async (check, what, command, isOfKind) => {
    try {
      const reply = (await send(command)) ?? null
      // Taken for nothing, it would be a loss that is not held, or a stream without messages.
      if (!isOfKind(reply)) throw new NoRedis()
      return reply
    } catch (error) {
      const { text: why, advice, isForbidden } = redisFault(error)
      const text = `${host} does not say ${what}: ${why}`
      // It is no fault of Redis that it may not be asked.
      tell((isForbidden ? note : bad)(check, text, advice))
      return undefined
    }
  }
  return { found, tell, ask }
}
