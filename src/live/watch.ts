// Watches an authority on behalf of a stream or a socket, until it ends or nobody needs it any more.

import { AuthorityEndedError } from '../decision/authority-ended-error.ts'
import { deny } from '../decision/denials.ts'
import type { Authority } from '../guard/authority.ts'
import type { AuthoritySignalOptions } from '../guard/authority-signal.ts'
import { objectWith } from '../lib/checks.ts'
import { isThrown } from '../lib/thrown.ts'

export const checkAuthority = objectWith<Authority>(
  'signal',
  'pass context.authority or authorityOf(request). On an excluded path there is none',
)

/**
 * Begins to watch. `end` is called when the authority has ended, at once if it has already, unless the watch was given
 * up before. `listen` is called if the watch goes on: it listens for what makes it needless, and returns how to stop.
 * Returns how to give the watch up, so that no timer and no listener is left. Further calls of that do nothing.
 */
export type Watch = (
  end: (error: AuthorityEndedError) => void,
  listen?: (giveUp: () => void) => () => void,
) => () => void

/** @throws {CaracalConfigError} naming every mistake in the options */
export function watch(authority: Authority, { until, ...options }: AuthoritySignalOptions): Watch {
  const over = new AbortController()
  const signal = authority.signal({ ...options, until: over.signal })
  return (end, listen = () => () => {}) => {
    let stopListening = () => {}
    const giveUp = () => {
      over.abort()
      signal.removeEventListener('abort', fire)
      until?.removeEventListener('abort', giveUp)
      stopListening()
    }
    const fire = () => {
      giveUp()
      const reason: unknown = signal.reason
      end(isThrown(reason, AuthorityEndedError) ? reason : new AuthorityEndedError(deny('server_error')))
    }
    if (signal.aborted) fire()
    else if (until?.aborted === true) giveUp()
    else {
      signal.addEventListener('abort', fire)
      until?.addEventListener('abort', giveUp)
      stopListening = listen(giveUp)
    }
    return giveUp
  }
}
