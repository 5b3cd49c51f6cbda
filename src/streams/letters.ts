// Dead letters: what is kept of a message that was put aside.

import { MAX_LETTER_LENGTH, MAX_LETTERS_LENGTH, MAX_WAITING_LENGTH } from '../lib/limits.ts'
import type { PoisonReason, StreamMessage } from './messages.ts'
import { hasSignature } from './signature.ts'

export interface Letter {
  readonly id: string
  readonly reason: PoisonReason
  readonly payload: string
  /** Whether another key may verify it one day, and it is kept for that. */
  readonly waits: boolean
}

const WITHOUT_PAYLOAD = '[]'

/** What is too large to be kept is buried without its fields. */
export function letterFor({ id, fields, pairs }: StreamMessage, reason: PoisonReason): Letter {
  const payload = JSON.stringify(fields === undefined ? (pairs ?? []) : Object.fromEntries(fields))
  const waits =
    reason === 'invalid_signature' &&
    fields !== undefined &&
    hasSignature(fields) &&
    payload.length <= MAX_WAITING_LENGTH
  return { id, reason, payload: payload.length <= MAX_LETTER_LENGTH ? payload : WITHOUT_PAYLOAD, waits }
}

/**
 * For an endpoint that breaks on the letter as it is. It waits in its place: should the letter be there all the same,
 * for want of an answer, both are done when that is verified.
 */
export function bare({ id, reason, waits }: Letter): Letter {
  return { id, reason, payload: WITHOUT_PAYLOAD, waits }
}

/** As many to a command as it may hold. */
export function bundlesOf(letters: readonly Letter[]): readonly (readonly Letter[])[] {
  const bundles: Letter[][] = []
  let room = 0
  for (const letter of letters) {
    if (letter.payload.length > room || bundles.length === 0) {
      bundles.push([])
      room = MAX_LETTERS_LENGTH
    }
    bundles.at(-1)?.push(letter)
    room -= letter.payload.length
  }
  return bundles
}
