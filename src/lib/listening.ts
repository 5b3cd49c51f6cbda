// Calls a function of the user that is told something. Whatever it does must not change what happens.

import { logOnce } from './log.ts'
import { isThenable } from './thenable.ts'
import { kindOf } from './thrown.ts'

/**
 * Calls it. What it throws is logged, once a minute.
 * @param name the option that it was given as
 */
export function listen(name: string, listener: object, call: () => unknown): void {
  const logThrown = (error: unknown) => {
    // It is the developer's own code, so that message and stack belong in the log.
    const kind = kindOf(error)
    logOnce(listener, `${name} ${kind}`, `${name} threw ${kind}:`, error)
  }
  try {
    // TypeScript accepts an async function here. Its rejection must not end the process.
    const pending = call()
    if (isThenable(pending)) Promise.resolve(pending).catch(logThrown)
  } catch (error) {
    logThrown(error)
  }
}
