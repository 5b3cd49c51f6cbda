// Waits for something no longer than a time.

import { failure, type Result, success } from './result.ts'

/**
 * What `pending` gives, unless that takes too long; what it does later changes nothing. The timer is the caller's
 * own: on Workers, the timers of another request end with that request.
 * @throws (rejects with) what `pending` rejects with
 */
export async function within<T>(ms: number, pending: PromiseLike<T>): Promise<Result<T, 'timeout'>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<Result<T, 'timeout'>>((resolve) => {
    timer = setTimeout(resolve, ms, failure('timeout'))
  })
  // `race` would call a `then` that the promise was given as a member of its own. `await` does not.
  const answer = async () => success(await pending)
  try {
    return await Promise.race([answer(), limit])
  } finally {
    clearTimeout(timer)
  }
}
