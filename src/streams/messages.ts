// What a stream message asks for, or why it is poison. Shapes as Redis sends them are taken apart here.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { isRecord } from '../lib/checks.ts'
import { MAX_EPOCH_DIGITS } from '../lib/limits.ts'
import { REVOCATION_STREAM } from '../redis/redis-names.ts'
import { type Signer, type StreamFields, type StreamKeys, signerOf } from './signature.ts'

export interface StreamMessage {
  readonly id: string
  /** `undefined` for a message whose fields are no pairs, or name one twice: what it says is not certain. */
  readonly fields: StreamFields | undefined
  /** Names and values as Redis gave them; `undefined` where they were too large to be asked for. */
  readonly pairs: readonly unknown[] | undefined
}

/** What is to be done about a message. */
export type Instruction =
  | { readonly kind: 'revoke'; readonly anchors: readonly string[]; readonly signer: Signer | undefined }
  | {
      readonly kind: 'raise'
      readonly zoneId: string
      readonly epoch: bigint
      readonly signer: Signer | undefined
    }
  | Poison

export interface Poison {
  readonly kind: 'poison'
  readonly reason: PoisonReason
}

/** Written to the dead-letter stream, in the platform's words: shared alerts look for them. */
export type PoisonReason = 'invalid_signature' | 'missing_revocation_anchor' | 'invalid_delegation_epoch'

/** The fields of a revocation that name something revoked. */
const ANCHOR_FIELDS = ['session_id', 'sid', 'root_sid', 'agent_session_id', 'delegation_edge_id'] as const

/** @param keys `undefined` where unsigned streams were asked for */
export async function instructionIn(
  stream: string,
  fields: StreamFields | undefined,
  keys: StreamKeys | undefined,
): Promise<Instruction> {
  // What names a field twice, or has none that can be read, has no canonical text that a signature could be for.
  if (fields === undefined) return poison('invalid_signature')
  const signer = keys === undefined ? undefined : await signerOf(keys, stream, fields)
  if (keys !== undefined && signer === undefined) return poison('invalid_signature')
  return stream === REVOCATION_STREAM ? revocationIn(fields, signer) : epochIn(fields, signer)
}

function revocationIn(fields: StreamFields, signer: Signer | undefined): Instruction {
  const named = ANCHOR_FIELDS.map((name) => fields.get(name) ?? '').filter((anchor) => anchor !== '')
  const anchors = [...new Set(named)]
  return anchors.length === 0 ? poison('missing_revocation_anchor') : { kind: 'revoke', anchors, signer }
}

function epochIn(fields: StreamFields, signer: Signer | undefined): Instruction {
  const zoneId = fields.get('zone_id')
  const epoch = fields.get('epoch')
  const isEpoch = epoch !== undefined && epoch.length <= MAX_EPOCH_DIGITS && /^\d+$/.test(epoch)
  if (zoneId === undefined || zoneId === '' || !isEpoch) return poison('invalid_delegation_epoch')
  return { kind: 'raise', zoneId, epoch: BigInt(epoch), signer }
}

function poison(reason: PoisonReason): Poison {
  return { kind: 'poison', reason }
}

/** What a look at a stream gave. */
export interface Taken {
  /** The id of the stream's last message at that time. */
  readonly lastId: string
  /** Where to go on among the pending messages; `undefined` when that was all. */
  readonly next: string | undefined
  /** Whether new messages were asked for. */
  readonly isRead: boolean
  readonly messages: readonly StreamMessage[]
  /** The last of the letters that wait for a key, if there are any, and what they have been tried with. */
  readonly waiting: { readonly lastId: string; readonly tried: string } | undefined
}

export function takenIn(answer: unknown): Taken {
  const [lastId, next, isRead, messages, waitingId, tried] = listIn(answer)
  return {
    lastId: textIn(lastId),
    next: textIn(next) === '' ? undefined : textIn(next),
    isRead: isRead === 1,
    messages: listIn(messages).map(messageIn),
    waiting: textIn(waitingId) === '' ? undefined : { lastId: textIn(waitingId), tried: textIn(tried) },
  }
}

/** A consumer's own messages in an answer to XREADGROUP. What is gone from the stream has no fields: it is left out. */
export function messagesRead(answer: unknown): readonly StreamMessage[] {
  if (answer === null) return []
  const [stream] = listIn(answer)
  return listIn(listIn(stream)[1])
    .filter((message) => listIn(message)[1] !== null)
    .map(messageIn)
}

/** The messages in an answer to XPENDING, which does not tell their fields. */
export function messagesPending(answer: unknown): readonly StreamMessage[] {
  return listIn(answer).map((entry) => messageIn([listIn(entry)[0]]))
}

/** A letter that waits for a key. */
export interface WaitingLetter {
  readonly id: string
  /** Of the message. It may have several letters: burying it is repeated where no answer came. */
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
  try {
    const value: unknown = JSON.parse(payload)
    return isRecord(value) ? fieldsIn(Object.entries(value).flat()) : undefined
  } catch {
    return undefined
  }
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
