// How much a request may ask. Nothing else is served meanwhile, so that all of its work is counted here.

import { LuaError } from './lua-error.ts'
import { Refusal, type Reply, Status } from './replies.ts'

/** The longest of the package has 3,000 characters. */
export const MAX_SCRIPT_LENGTH = 64 * 1024

/** A script of the package takes up to a hundred thousand. */
const MAX_WORK = 1_000_000

/** Work is not all the same. Redis itself calls a script slow after this time. */
const MAX_MS = 5_000

const CHARACTERS_AT_ONCE = 100
const REPLIED_AT_ONCE = 10
const MESSAGES_AT_ONCE = 20
const WORK_OF_COMMAND = 100
/** Of each value in it. */
export const WORK_OF_REPLY = 10

// Requests are run one after the other, and each of them to its end.
let left = 0
let until = 0

export function beginWork(): void {
  left = MAX_WORK
  until = performance.now() + MAX_MS
}

/**
 * Counts work before it is done: an evaluation, an entry of a table, a step of a pattern.
 * @throws {LuaError} if it is too much
 */
export function work(amount = 1): void {
  left -= amount
  // NaN is too much as well.
  if (!(left >= 0)) throw new LuaError('too much is asked at once: this takes too many steps')
}

/** A text is copied or compared faster than a script does anything else. */
export function workOn(text: unknown): void {
  if (typeof text === 'string') work(text.length / CHARACTERS_AT_ONCE)
}

/** A stream is searched from its first message on. */
export function workOnMessages(messages: readonly unknown[]): void {
  work(messages.length / MESSAGES_AT_ONCE)
}

/** A reply is copied again for JSON: there may be 10 MB of text in all. */
export function workOnReply(reply: Reply): void {
  work()
  if (reply === null || typeof reply === 'number') return
  if (typeof reply === 'string') work(reply.length / REPLIED_AT_ONCE)
  else if (reply instanceof Status) workOnReply(reply.text)
  else if (reply instanceof Refusal) workOnReply(reply.message)
  else for (const each of reply) workOnReply(each)
}

/** Of one command, in a script or by itself. */
export function workOfCommand(): void {
  work(performance.now() > until ? Number.POSITIVE_INFINITY : WORK_OF_COMMAND)
}
