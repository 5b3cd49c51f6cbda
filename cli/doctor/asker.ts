// Sends the commands of `doctor`. One that fails is a finding of its own, and ends nothing else.

import type { Database } from '../database.ts'
import { redisFault } from '../redis-fault.ts'
import { bad, type Finding, note } from './finding.ts'

type Command = Parameters<Database['command']>[0]

export interface Asker {
  readonly found: Finding[]
  /** What Redis replies, or `undefined`, and then there is one more finding. `null` is a reply. */
  readonly ask: (check: Finding['check'], what: string, command: Command) => Promise<unknown>
}

export function askerOf({ command: send, host }: Database): Asker {
  const found: Finding[] = []
  const ask: Asker['ask'] = async (check, what, command) => {
    try {
      return (await send(command)) ?? null
    } catch (error) {
      const { text: why, advice, isForbidden } = redisFault(error)
      const text = `${host} does not say ${what}: ${why}`
      // It is no fault of Redis that it may not be asked.
      const finding = (isForbidden ? note : bad)(check, text, advice)
      if (!found.some((one) => one.text === text)) found.push(finding)
      return undefined
    }
  }
  return { found, ask }
}
