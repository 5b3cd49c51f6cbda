// Waits for a promise with a time limit.

import { failure, type Result, success } from './result.ts'

/**
 * The value of `pending`, or a failure if that takes too long. What it does later has no effect. Each caller has its own
 * timer: on Workers, the timers of another request end with that request.
 * @throws (rejects with) what `pending` rejects with
 */
export async function within<T>(ms: number, pending: PromiseLike<T>): Promise<Result<T, 'timeout'>> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<Result<T, 'timeout'>>((resolve) => {
    timer = setTimeout(resolve, ms, failure('timeout'))
  })
  // `Promise.race` would call a `then` that was added to the promise itself. `await` does not.
  const answer = async () => success(await pending)
  try {
    return await Promise.race([answer(), limit])
  } finally {
    clearTimeout(timer)
  }
}
