// What a stream message asks for, or why it is poison. Shapes as Redis sends them are taken apart here.

import { RevocationUnavailableError } from '../errors.ts'
import { REVOCATION_STREAM } from './redis-names.ts'
import { isSigned, type StreamFields } from './stream-signature.ts'

export interface StreamMessage {
  readonly id: string
  /** `undefined` for a message whose fields are no pairs, or name one twice: what it says is not certain. */
  readonly fields: StreamFields | undefined
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
  const anchors = ANCHOR_FIELDS.map((name) => fields.get(name)).filter(
    (anchor) => anchor !== undefined && anchor !== '',
  )
  const distinct = [...new Set(anchors.filter((anchor) => anchor !== undefined))]
  return distinct.length === 0 ? poison('no_anchor') : { kind: 'revoke', anchors: distinct }
}

function epochIn(fields: StreamFields): Instruction {
  const zoneId = fields.get('zone_id')
  const epoch = fields.get('epoch')
  if (zoneId === undefined || zoneId === '' || epoch === undefined || !/^\d{1,40}$/.test(epoch)) {
    return poison('bad_epoch')
  }
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

/** The messages in an answer to XAUTOCLAIM, and where to go on; `undefined` when that was all. */
export function messagesClaimed(answer: unknown): {
  messages: readonly StreamMessage[]
  next: string | undefined
} {
  const [next, messages] = listIn(answer)
  if (typeof next !== 'string') throw new RevocationUnavailableError('malformed')
  // A message that was deleted from the stream is still pending in older Redis, without fields.
  return {
    messages: listIn(messages)
      .filter((message) => message !== null)
      .map(messageIn),
    next: next === '0-0' ? undefined : next,
  }
}

function messageIn(message: unknown): StreamMessage {
  const [id, pairs] = listIn(message)
  if (typeof id !== 'string') throw new RevocationUnavailableError('malformed')
  return { id, fields: Array.isArray(pairs) ? fieldsIn(pairs) : undefined }
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
