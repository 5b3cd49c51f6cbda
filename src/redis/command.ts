// How this package speaks to a Redis: one function that sends one command, whatever the client or protocol behind it.

import { type RevocationFault, RevocationUnavailableError } from '../decision/errors.ts'

/** The name of a command and its arguments. */
export type Command = readonly [name: string, ...args: string[]]

/**
 * Sends one command and resolves to its reply: a string, a whole number, `null` for none, or a list of replies. Strings
 * are as Redis stores them.
 * @throws {RevocationUnavailableError} (rejects) if there is no reply in time, or the reply is an error
 */
export type SendCommand = (command: Command) => Promise<unknown>

/** Runs a Lua script, and resolves to what it returns. */
export type RunScript = (script: string, keys: readonly string[], args: readonly string[]) => Promise<unknown>

/** Runs a Lua script. */
export function runScript(
  send: SendCommand,
  script: string,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  return send(['EVAL', script, String(keys.length), ...keys, ...args])
}

/** The fault if a command failed. Any other error is a bug in this package, and is thrown. */
export async function faultOf(work: () => Promise<unknown>): Promise<RevocationFault | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof RevocationUnavailableError) return error.fault
    throw error
  }
}
