// Applies several messages with few commands, and reports which of them are in effect.

import type { RedisState } from '../redis/redis-state.ts'
import type { Instruction } from './messages.ts'
import { inParts, type Parts } from './parts.ts'

/** A message or waiting letter, and what to do about it. */
export interface Task {
  readonly id: string
  readonly instruction: Instruction
}

/** The limits within which messages are applied. */
export interface Limits {
  readonly ttlMs: number
  /** Whether the time of the pass is over. After that, no new command is started. */
  readonly isOver: () => boolean
}

interface Target extends Limits {
  /** Writes the state and settles these messages or letters, in one step. */
  readonly stateFor: (ids: readonly string[]) => RedisState
}

/** Returns the ids of the messages that are in effect. */
export async function applyAll(
  tasks: readonly Task[],
  { stateFor, ttlMs, isOver }: Target,
): Promise<Parts<string>> {
  const { revocations, epochs } = sorted(tasks)
  const marked = await inParts(revocations, isOver, (some) =>
    stateFor(some.map(({ id }) => id)).markRevoked(
      [...new Set(some.flatMap(({ anchors }) => anchors))],
      ttlMs,
    ),
  )
  const raised = await inParts(epochs, isOver, (some) =>
    stateFor(some.flatMap(({ ids }) => ids)).raiseEpochs(
      some.map(({ zoneId, epoch }) => [zoneId, epoch] as const),
      ttlMs,
    ),
  )
  return {
    done: [...marked.done.map(({ id }) => id), ...raised.done.flatMap(({ ids }) => ids)],
    fault: marked.fault ?? raised.fault,
  }
}

interface Revocation {
  readonly id: string
  readonly anchors: readonly string[]
}

interface Raise {
  readonly zoneId: string
  readonly epoch: bigint
  readonly ids: readonly string[]
}

/** Of several epochs of a zone, only the highest one has an effect. */
function sorted(tasks: readonly Task[]) {
  const revocations: Revocation[] = []
  const epochs = new Map<string, Raise>()
  for (const { id, instruction } of tasks) {
    if (instruction.kind === 'revoke') revocations.push({ id, anchors: instruction.anchors })
    if (instruction.kind !== 'raise') continue
    const { zoneId } = instruction
    const { epoch, ids } = epochs.get(zoneId) ?? { epoch: 0n, ids: [] }
    const highest = instruction.epoch > epoch ? instruction.epoch : epoch
    epochs.set(zoneId, { zoneId, epoch: highest, ids: [...ids, id] })
  }
  return { revocations, epochs: [...epochs.values()] }
}
