// What is read from standard input, and ids in place of which a mandate may be given.

import { UsageError } from './failures.ts'
import { jsonIn } from './json.ts'
import { say } from './output.ts'
import { textWithin } from './text-within.ts'

/** A header begins with `{"`. */
const MANDATE = /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/

/** Whether a text has the form of one. */
export const isMandate = (text: string): boolean => MANDATE.test(text)

/** The words before two others, with dots between: a search from each character on would take minutes for a long text. */
const BEFORE_TWO = /(?<![\w-])[\w-]+(?=\.[\w-]+\.)/g

/** A guard takes no longer mandate, and so no longer id in one. */
export const MAX_ID_LENGTH = 32_768

/**
 * Whether there is a mandate, perhaps with something around it, such as the name of its header.
 * @throws {UsageError} if it is too long to be an id
 */
function hasMandate(text: string): boolean {
  if (text.length > MAX_ID_LENGTH)
    throw new UsageError(`an id is longer than any mandate, ${MAX_ID_LENGTH} characters`)
  return text.match(BEFORE_TWO)?.some((word) => word.includes('eyJ')) ?? false
}

/** A mandate by itself, also where it was copied with the name of its header. */
export function withoutHeaderName(text: string): string {
  return text.trim().replace(/^(?:authorization:\s*)?bearer\s+/i, '')
}

/** The ids that arguments mean. `-` is what standard input has: an id, or a mandate, which means its session. */
export async function anchorsIn(args: readonly string[]): Promise<readonly string[]> {
  if (args.filter((arg) => arg === '-').length > 1)
    throw new UsageError('- can be given once: standard input has one id or mandate')
  const anchors: string[] = []
  for (const arg of args) {
    if (hasMandate(arg)) {
      throw new UsageError(
        'a mandate is a secret, and arguments can be seen by other users: pass its sid, or the mandate on standard input with -',
      )
    }
    anchors.push(arg === '-' ? sessionIn(withoutHeaderName(await standardInput())) : arg)
  }
  if (anchors.includes(''))
    throw new UsageError('there is no id to be revoked: an argument, or what standard input has, is empty')
  // It would be marked as one id, and what was meant would stay valid.
  if (anchors.some((anchor) => hasMandate(anchor) || /[\s\p{Cc}\p{Cf}]/u.test(anchor)))
    throw new UsageError('this is no single id or mandate: pass one on standard input, without anything else')
  await checkIds(anchors)
  return anchors
}

/** What a store refuses must not end the command when others are marked already. */
async function checkIds(anchors: readonly string[]): Promise<void> {
  const { InMemoryRevocationStore } = await import('caracal-edge')
  const store = new InMemoryRevocationStore()
  try {
    for (const anchor of anchors) await store.markRevoked(anchor)
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error
  }
}

function sessionIn(text: string): string {
  if (!isMandate(text)) return text
  const claims = jsonIn(Buffer.from(text.split('.')[1] ?? '', 'base64url').toString())
  const sid = claims instanceof Object && 'sid' in claims ? claims.sid : undefined
  if (typeof sid !== 'string') throw new UsageError('the mandate on standard input has no sid')
  return sid
}

/** More is no mandate: a guard refuses one of more than 32 KiB. */
const MAX_INPUT_BYTES = 1024 * 1024

/** @throws {UsageError} if it is more than a mandate or an id can be */
export async function standardInput(): Promise<string> {
  if (process.stdin.isTTY) say('paste the mandate or the id, and end it with Enter and Ctrl-D')
  const tooLarge = () => new UsageError('standard input has more than 1 MiB, which is no mandate')
  return textWithin(MAX_INPUT_BYTES, process.stdin, tooLarge)
}
