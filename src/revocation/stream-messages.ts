// What a stream message asks for, or why it is poison. Shapes as Redis sends them are taken apart here.

import { RevocationUnavailableError } from '../errors.ts'
import { MAX_EPOCH_DIGITS } from '../limits.ts'
import { REVOCATION_STREAM } from './redis-names.ts'
import { isSigned, type StreamFields } from './stream-signature.ts'

export interface StreamMessage {
  readonly id: string
  /** `undefined` for a message whose fields are no pairs, or name one twice: what it says is not certain. */
  readonly fields: StreamFields | undefined
  /** Names and values as Redis gave them; `undefined` where they were too large to be asked for. */
  readonly pairs: readonly unknown[] | undefined
}

/** What is to be done about a message. */
export type Instruction =
  | { readonly kind: 'revoke'; readonly anchors: readonly string[] }
  | { readonly kind: 'raise'; readonly zoneId: string; readonly epoch: bigint }
  | { readonly kind: 'poison'; readonly reason: PoisonReason }

/** Written to the dead-letter stream. */
export type PoisonReason = 'malformed' | 'bad_signature' | 'no_anchor' | 'bad_epoch'

/** The fields of a revocation that name something revoked. */
const ANCHOR_FIELDS = ['session_id', 'sid', 'root_sid', 'agent_session_id', 'delegation_edge_id'] as const

/** @param key `undefined` where unsigned streams were asked for */
export async function instructionIn(
  stream: string,
  { fields }: StreamMessage,
  key: CryptoKey | undefined,
): Promise<Instruction> {
  if (fields === undefined) return poison('malformed')
  if (key !== undefined && !(await isSigned(key, stream, fields))) return poison('bad_signature')
  return stream === REVOCATION_STREAM ? revocationIn(fields) : epochIn(fields)
}

function revocationIn(fields: StreamFields): Instruction {
  const named = ANCHOR_FIELDS.map((name) => fields.get(name) ?? '').filter((anchor) => anchor !== '')
  const anchors = [...new Set(named)]
  return anchors.length === 0 ? poison('no_anchor') : { kind: 'revoke', anchors }
}

function epochIn(fields: StreamFields): Instruction {
  const zoneId = fields.get('zone_id')
  const epoch = fields.get('epoch')
  const isEpoch = epoch !== undefined && epoch.length <= MAX_EPOCH_DIGITS && /^\d+$/.test(epoch)
  if (zoneId === undefined || zoneId === '' || !isEpoch) return poison('bad_epoch')
  return { kind: 'raise', zoneId, epoch: BigInt(epoch) }
}

function poison(reason: PoisonReason): Instruction {
  return { kind: 'poison', reason }
}

/** The messages in an answer to XREADGROUP of one stream; `null` is Redis' word for none. */
export function messagesRead(answer: unknown): readonly StreamMessage[] {
  if (answer === null) return []
  const [stream] = listIn(answer)
  return listIn(listIn(stream)[1]).map(messageIn)
}

/** What XAUTOCLAIM answered. */
export interface Claimed {
  readonly messages: readonly StreamMessage[]
  /** Where to go on; `undefined` when that was all. */
  readonly next: string | undefined
  /** Whether some were pending that the stream does not have any more: what they asked for is lost. */
  readonly trimmed: boolean
}

export function messagesClaimed(answer: unknown): Claimed {
  const [next, messages, deleted = []] = listIn(answer)
  if (typeof next !== 'string') throw new RevocationUnavailableError('malformed')
  // Redis 6 has an empty place for a message that is gone; later ones list its id.
  const present = listIn(messages).filter((message) => message !== null)
  return {
    messages: present.map(messageIn),
    next: next === '0-0' ? undefined : next,
    trimmed: present.length < listIn(messages).length || listIn(deleted).length > 0,
  }
}

/** The messages in an answer to XPENDING, which does not tell their fields. */
export function messagesPending(answer: unknown): readonly StreamMessage[] {
  return listIn(answer).map((entry) => messageIn([listIn(entry)[0]]))
}

function messageIn(message: unknown): StreamMessage {
  const [id, pairs] = listIn(message)
  if (typeof id !== 'string') throw new RevocationUnavailableError('malformed')
  if (!Array.isArray(pairs)) return { id, fields: undefined, pairs: undefined }
  return { id, fields: fieldsIn(pairs), pairs }
}

function fieldsIn(pairs: readonly unknown[]): StreamFields | undefined {
  const fields = new Map<string, string>()
  for (let index = 0; index < pairs.length; index += 2) {
    const name = pairs[index]
    const value = pairs[index + 1]
    if (typeof name !== 'string' || typeof value !== 'string' || fields.has(name)) return undefined
    fields.set(name, value)
  }
  return fields
}

function listIn(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new RevocationUnavailableError('malformed')
  return value
}
