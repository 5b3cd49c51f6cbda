// A response whose body ends when the authority behind it ends.

import type { Denial } from '../decision/decision.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import type { Authority } from '../guard/authority.ts'
import { type AuthoritySignalOptions, SIGNAL_OPTIONS } from '../guard/authority-signal.ts'
import { functionOf, type Reporter, reportTo } from '../lib/checks.ts'
import { isObject, memberOf } from '../lib/own-member.ts'
import { readOptions } from '../lib/read-options.ts'
import { isThenable } from '../lib/thenable.ts'
import { typeOf } from '../lib/type-of.ts'
import { ERRORED, endable } from './body.ts'
import { closedAfter, codeAsEvent, isEventStream, isPlain, type LastEvent } from './event-stream.ts'
import { checkAuthority, watch } from './watch.ts'

/** The options of {@link liveResponse}. `until` gives the watch up: the body then goes on as if nothing watched it. */
export interface LiveResponseOptions extends AuthoritySignalOptions {
  /**
   * The last event of an event stream whose authority has ended: a whole text, which ends with an empty line.
   * `undefined`: none. What it throws is logged, and there is no last event. It is not called for other bodies, nor
   * where a last event cannot be sent: while an event is half written, and if the stream has a `Content-Encoding`.
   *
   * Default: `event: caracal-end` with the code as JSON, such as `{"code":"session_revoked"}`.
   */
  readonly onEnd?: (denial: Denial) => string | undefined
}

const OPTIONS = { ...SIGNAL_OPTIONS, onEnd: functionOf<LastEvent>() } as const

/**
 * The same response, whose body ends when the authority ends. It is for a response that goes on for longer than a
 * moment: an event stream, a download, the answer of a model.
 *
 * - An event stream (`text/event-stream`) is closed after a last event that tells why. A browser's `EventSource` then
 *   connects again, and is refused.
 * - Any other body is errored with an `AuthorityEndedError`: the client sees a connection that breaks. If it was closed,
 *   half a file would look like a whole one.
 * - A response without a body, or with one that is not a stream, is returned as it is.
 *
 * The source of the body is cancelled at once, also while it is silent. Status and headers stay as they are, except for
 * the `Content-Length` of an event stream, which may be wrong then. Nothing is read ahead. When the source ends or the
 * client cancels, nothing is left of the watch.
 *
 * **Without `recheckEveryMs`, only the expiry of the mandate ends the body.** With it, a revocation does too, within
 * `recheckEveryMs` and `storeTimeoutMs`. On Workers, a client that leaves while the stream is silent is not noticed: the
 * timer stays until the mandate expires, and with `recheckEveryMs` the checks go on.
 *
 * @throws {CaracalConfigError} naming every mistake in the arguments, such as a response whose body was read already
 * @example
 * ```ts
 * withCaracal((request, { authority }) => liveResponse(feed(request), authority, { recheckEveryMs: 10_000 }), options)
 * ```
 */
export function liveResponse(
  response: Response,
  authority: Authority,
  ...given: readonly [options?: LiveResponseOptions]
): Response {
  const issues: string[] = []
  const body = bodyOf(response, reportTo(issues, 'the first argument of liveResponse'))
  checkAuthority(authority, reportTo(issues, 'the second argument of liveResponse'))
  // `undefined` is a mistake, such as a misspelt variable.
  const { onEnd, ...options } = readOptions(given.length === 0 ? {} : given[0], OPTIONS, issues)
  if (issues.length > 0) throw new CaracalConfigError(issues)
  if (body === undefined) return response
  const isEvents = isEventStream(response)
  const ending = isEvents ? closedAfter(isPlain(response) ? (onEnd ?? codeAsEvent) : undefined) : ERRORED
  const live = new Response(endable(body, watch(authority, options), ending), response)
  if (isEvents) live.headers.delete('content-length')
  return live
}

/** The body, if it is a stream. Responses of frameworks and other realms count as well. */
function bodyOf(response: Response, report: Reporter): ReadableStream | undefined {
  if (!isObject(memberOf(response, 'headers')) || typeof memberOf(response, 'status') !== 'number') {
    report(`must be a response, not ${typeOf(response)}${isThenable(response) ? ': await it first' : ''}`)
    return undefined
  }
  const { body } = response
  if (typeof memberOf(body, 'getReader') !== 'function' || body === null) return undefined
  if (body.locked || response.bodyUsed)
    report('must be a response whose body nobody has read or is reading: call liveResponse before that')
  return body
}
