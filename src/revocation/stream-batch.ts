// Carries out what several messages ask for, with few commands, and says which of them are done.

import { type RevocationFault, RevocationUnavailableError } from '../errors.ts'
import type { RedisState } from './redis-state.ts'
import type { ConsumerGroup } from './stream-group.ts'
import type { Instruction, StreamMessage } from './stream-messages.ts'

/** A message, and what is to be done about it. */
export interface Task {
  readonly message: StreamMessage
  readonly instruction: Instruction
}

/** Ids of the messages that are done and may be acknowledged. */
export interface Done {
  readonly applied: readonly string[]
  readonly buried: readonly string[]
  /** What the others could not be done for, unless only time was lacking. */
  readonly fault: RevocationFault | undefined
}

/** How a batch is to be carried out. */
export interface Means {
  readonly state: RedisState
  readonly group: ConsumerGroup
  readonly ttlMs: number
  /** Whether the time of the pass is over. What has not been begun by then is left pending. */
  readonly isOver: () => boolean
}

export async function carryOut(tasks: readonly Task[], means: Means): Promise<Done> {
  const { applied, fault } = await applyAll(tasks, means)
  const buried: string[] = []
  let burialFault: RevocationFault | undefined
  for (const { message, instruction } of tasks) {
    if (instruction.kind !== 'poison' || means.isOver()) continue
    const failed = await faultOf(() => means.group.bury(message, instruction.reason))
    if (failed === undefined) buried.push(message.id)
    burialFault ??= failed
  }
  return { applied, buried, fault: fault ?? burialFault }
}

async function applyAll(tasks: readonly Task[], means: Means): Promise<Omit<Done, 'buried'>> {
  const applied: string[] = []
  let fault: RevocationFault | undefined
  const attempt = async (ids: readonly string[], work: () => Promise<void>) => {
    if (means.isOver()) return
    const failed = await faultOf(work)
    if (failed === undefined) applied.push(...ids)
    fault ??= failed
  }
  const { revocations, epochs } = sorted(tasks)
  const mark = (some: readonly Revocation[]) => async () => {
    const anchors = new Set(some.flatMap((one) => one.anchors))
    if (anchors.size > 0) await means.state.markRevoked([...anchors], means.ttlMs)
  }

  const together = await faultOf(mark(revocations))
  if (together === undefined) applied.push(...revocations.map(({ id }) => id))
  // Redis refused the whole, perhaps for the sake of one: each of them gets a try of its own.
  else if (together === 'status') for (const one of revocations) await attempt([one.id], mark([one]))
  else fault = together
  for (const [zoneId, { epoch, ids }] of epochs) {
    await attempt(ids, () => means.state.raiseEpoch(zoneId, epoch, means.ttlMs))
  }
  return { applied, fault }
}

interface Revocation {
  readonly id: string
  readonly anchors: readonly string[]
}

/** Of several epochs of a zone, only the highest one has an effect. */
function sorted(tasks: readonly Task[]) {
  const revocations: Revocation[] = []
  const epochs = new Map<string, { readonly epoch: bigint; readonly ids: readonly string[] }>()
  for (const { message, instruction } of tasks) {
    if (instruction.kind === 'revoke') revocations.push({ id: message.id, anchors: instruction.anchors })
    if (instruction.kind !== 'raise') continue
    const { epoch, ids } = epochs.get(instruction.zoneId) ?? { epoch: 0n, ids: [] }
    const highest = instruction.epoch > epoch ? instruction.epoch : epoch
    epochs.set(instruction.zoneId, { epoch: highest, ids: [...ids, message.id] })
  }
  return { revocations, epochs }
}

/** What Redis failed with, if it did. Anything else that is thrown is a mistake of this package. */
export async function faultOf(work: () => Promise<unknown>): Promise<RevocationFault | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof RevocationUnavailableError) return error.fault
    throw error
  }
}
