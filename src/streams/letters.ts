// Dead letters: copies of messages that could not be applied.

import { MAX_LETTER_LENGTH, MAX_LETTERS_LENGTH, MAX_WAITING_LENGTH } from '../lib/limits.ts'
import type { PoisonReason, StreamMessage } from './messages.ts'
import { hasSignature } from './signature.ts'

export interface Letter {
  readonly id: string
  readonly reason: PoisonReason
  readonly payload: string
  /** Whether it is also kept to be tried with another key, if its signature is bad. */
  readonly waits: boolean
}

const WITHOUT_PAYLOAD = '[]'

/** A message that is too large is dead-lettered without its fields. */
export function letterFor({ id, fields, pairs }: StreamMessage, reason: PoisonReason): Letter {
  const payload = JSON.stringify(fields === undefined ? (pairs ?? []) : Object.fromEntries(fields))
  const waits = fields !== undefined && hasSignature(fields) && payload.length <= MAX_WAITING_LENGTH
  return { id, reason, payload: payload.length <= MAX_LETTER_LENGTH ? payload : WITHOUT_PAYLOAD, waits }
}

/**
 * For an endpoint that fails on the complete letter. If that was stored all the same and only its reply was lost, both
 * are removed when the complete one is verified.
 */
export function withoutPayload({ id, reason, waits }: Letter): Letter {
  return { id, reason, payload: WITHOUT_PAYLOAD, waits }
}

/** Groups letters so that each group fits into one command. */
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
