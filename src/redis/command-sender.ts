// Sends commands with the Redis client of somebody else. Its time limit is ours: while it cannot connect, a client may
// keep a command in a queue for ever.

import { RevocationUnavailableError } from '../decision/errors.ts'
import { isThrown, namesOf } from '../lib/thrown.ts'
import { within } from '../lib/time-limit.ts'
import type { SendCommand } from './command.ts'
import type { RedisCommand } from './redis-options.ts'

/** What messages call it: the client alone knows the address. */
export const HOST = 'Redis'

export function commandSender(command: RedisCommand, timeoutMs: number): SendCommand {
  return async (words) => {
    const reply = async () => command(words)
    const answer = await within(timeoutMs, reply()).catch((error: unknown) => {
      throw outageIn(error)
    })
    if (!answer.ok) throw new RevocationUnavailableError('timeout', { host: HOST })
    return answer.value
  }
}

/** Redis begins an error with a code in capitals (`LOADING`, `READONLY`). Other errors are those of the client. */
function outageIn(error: unknown): RevocationUnavailableError {
  const message = isThrown(error, Error) ? String(error.message) : ''
  const [code] = /^[A-Z][A-Z0-9]{1,19}(?= )/.exec(message) ?? []
  if (code !== undefined)
    return new RevocationUnavailableError('status', { host: HOST, cause: error, came: `Redis says ${code}` })
  // The usual mistakes in the function itself, not in the way to Redis.
  const advice = isThrown(error, TypeError)
    ? ': command is called with one list and without this, ([name, ...args]) => client.call(name, ...args)'
    : ''
  return new RevocationUnavailableError('network', {
    host: HOST,
    cause: error,
    came: `${namesOf(error)}${advice}`,
  })
}
