// The denial for an unexpected error, and what the log says about it.

import type { Denial } from '../decision/decision.ts'
import { deny } from '../decision/denials.ts'
import { logOnce } from '../lib/log.ts'
import { isThrown, kindOf } from '../lib/thrown.ts'

/** An unexpected error also refuses. Only its name is logged, because its message may quote anything. */
export function unexpectedError(error: unknown, guard: object): Denial {
  // The usual reason: the argument is something else than what the method takes.
  const advice = isThrown(error, TypeError)
    ? ' (was it given a web-standard Request? A token needs authorizeToken, which takes a string; a context of Hono needs caracal() from caracal-edge/hono; a request of Node or Express needs @hono/node-server)'
    : ''
  const kind = kindOf(error)
  logOnce(guard, `unexpected ${kind}`, `unexpected ${kind}${advice}`)
  return deny('server_error')
}
