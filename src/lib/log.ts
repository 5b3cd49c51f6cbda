// Writes to the log of the service: one line a minute for each cause, so that requests cannot fill the log.

import { isWithin } from './clock.ts'
import { LOG_PAUSE_MS, MAX_LOGGED_CAUSES } from './limits.ts'

/** When each cause was last logged. */
const loggedAt = new Map<string, number>()

/** Objects have no name of their own. The number does not keep the object alive. */
const numbers = new WeakMap<object, number>()
let nextNumber = 1

/**
 * Logs a line, unless the same cause of the same source was logged less than a minute ago.
 * @param source what failed, such as a store; `undefined` if the cause names it
 * @param cause must not contain anything that differs with every request
 * @param detail another argument for the console, such as the error of a custom store
 */
export function logOnce(
  source: object | undefined,
  cause: string,
  line: string,
  ...detail: readonly [unknown?]
): void {
  const now = Date.now()
  const key = `${source === undefined ? '' : numberOf(source)} ${cause}`
  const last = loggedAt.get(key)
  if (last !== undefined && isWithin(LOG_PAUSE_MS, last, now)) return
  if (last === undefined && isFull(now)) {
    if (!loggedAt.has(TOO_MANY)) log(`caracal-edge: ${TOO_MANY}`)
    loggedAt.set(TOO_MANY, now)
    return
  }
  loggedAt.set(key, now)
  log(`caracal-edge: ${line}`, ...detail)
}

const TOO_MANY = 'many different causes in one minute: further ones are not logged'

/** Causes of more than a minute ago are forgotten only when there are many. */
function isFull(now: number): boolean {
  if (loggedAt.size < MAX_LOGGED_CAUSES) return false
  for (const [key, at] of loggedAt) if (!isWithin(LOG_PAUSE_MS, at, now)) loggedAt.delete(key)
  return loggedAt.size >= MAX_LOGGED_CAUSES
}

function numberOf(source: object): number {
  const number = numbers.get(source) ?? nextNumber++
  numbers.set(source, number)
  return number
}

/** Logs always. An error whose members cannot be read makes some consoles throw. */
export function log(line: string, ...detail: readonly unknown[]): void {
  try {
    console.error(line, ...detail)
  } catch {
    try {
      console.error(line)
    } catch {
      // A console that cannot write at all changes no answer.
    }
  }
}
