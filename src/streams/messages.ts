// Parses Redis replies into stream messages, and messages into instructions, or into the reason why they have none.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { jsonIn } from '../lib/json.ts'
import { MAX_EPOCH_DIGITS } from '../lib/limits.ts'
import { isPlainObject } from '../lib/own-member.ts'
import { REVOCATION_STREAM } from '../redis/redis-names.ts'
import { type Signer, type StreamFields, type StreamKeys, signerOf } from './signature.ts'

export interface StreamMessage {
  readonly id: string
  /** `undefined` if the fields are not pairs of strings, or a name occurs twice: the meaning is then not certain. */
  readonly fields: StreamFields | undefined
  /** Names and values as Redis returned them; `undefined` where they were too large to be read. */
  readonly pairs: readonly unknown[] | undefined
}

/** What to do about a message. */
export type Instruction =
  | { readonly kind: 'revoke'; readonly anchors: readonly string[]; readonly signer: Signer | undefined }
  | {
      readonly kind: 'raise'
      readonly zoneId: string
      readonly epoch: bigint
      readonly signer: Signer | undefined
    }
  | Poison

interface Poison {
  readonly kind: 'poison'
  readonly reason: PoisonReason
}

/** Written to the dead-letter stream. These are the platform's words, which shared alerts search for. */
export type PoisonReason = 'invalid_signature' | 'missing_revocation_anchor' | 'invalid_delegation_epoch'

/** The fields of a revocation that contain a revoked id. */
const ANCHOR_FIELDS = ['session_id', 'sid', 'root_sid', 'agent_session_id', 'delegation_edge_id'] as const

/** @param keys `undefined` with `unsignedStreams: 'accept'` */
export async function instructionIn(
  stream: string,
  fields: StreamFields | undefined,
  keys: StreamKeys | undefined,
): Promise<Instruction> {
  // Without unambiguous fields there is no canonical text that could have been signed.
  if (fields === undefined) return poison('invalid_signature')
  const signer = keys === undefined ? undefined : await signerOf(keys, stream, fields)
  if (keys !== undefined && signer === undefined) return poison('invalid_signature')
  return stream === REVOCATION_STREAM ? revocationIn(fields, signer) : invalidationIn(fields, signer)
}

function revocationIn(fields: StreamFields, signer: Signer | undefined): Instruction {
  const named = ANCHOR_FIELDS.map((name) => fields.get(name) ?? '').filter((anchor) => anchor !== '')
  const anchors = [...new Set(named)]
  return anchors.length === 0 ? poison('missing_revocation_anchor') : { kind: 'revoke', anchors, signer }
}

function invalidationIn(fields: StreamFields, signer: Signer | undefined): Instruction {
  const zoneId = fields.get('zone_id')
  const epoch = fields.get('epoch')
  const isEpoch = epoch !== undefined && epoch.length <= MAX_EPOCH_DIGITS && /^\d+$/.test(epoch)
  if (zoneId === undefined || zoneId === '' || !isEpoch) return poison('invalid_delegation_epoch')
  return { kind: 'raise', zoneId, epoch: BigInt(epoch), signer }
}

function poison(reason: PoisonReason): Poison {
  return { kind: 'poison', reason }
}

/** The reply to TAKE. */
export interface Taken {
  /** The cursor for more pending messages; `undefined` if there are none. */
  readonly next: string | undefined
  /** Whether new messages were read, and not only pending ones. */
  readonly isRead: boolean
  readonly messages: readonly StreamMessage[]
  /** The last id of the letters that wait for a key, if there are any, and how far they have been tried. */
  readonly waiting: { readonly lastId: string; readonly tried: string } | undefined
}

export function takenIn(answer: unknown): Taken {
  const [next, isRead, messages, waitingId, triedUpTo] = listIn(answer)
  const tried = textIn(triedUpTo)
  return {
    next: textIn(next) === '' ? undefined : textIn(next),
    isRead: isRead === 1,
    messages: listIn(messages).map(messageIn),
    waiting: textIn(waitingId) === '' ? undefined : { lastId: textIn(waitingId), tried },
  }
}

/** A letter that waits for a key. */
export interface WaitingLetter {
  readonly id: string
  /** The id of the message. It may have several letters, because a command without a reply is repeated. */
  readonly sourceId: string
  readonly fields: StreamFields | undefined
}

export function waitingIn(answer: unknown): readonly WaitingLetter[] {
  return listIn(answer).map((entry) => {
    const { id, fields } = messageIn(entry)
    const sourceId = fields?.get('source_id') ?? ''
    return { id, sourceId, fields: fieldsInPayload(fields?.get('payload') ?? '') }
  })
}

function fieldsInPayload(payload: string): StreamFields | undefined {
  const value = jsonIn(payload)
  return isPlainObject(value) ? fieldsIn(Object.entries(value).flat()) : undefined
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

function textIn(value: unknown): string {
  if (typeof value !== 'string') throw new RevocationUnavailableError('malformed')
  return value
}
