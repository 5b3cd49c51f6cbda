// Waits for something no longer than a time.

/** Stands for what did not come in time. */
export const LATE = Symbol('late')

/**
 * What `pending` gives or rejects with, or `LATE`; what it does after that changes nothing. The timer is the caller's
 * own: on Workers whoever waits for another request needs one, for that one's timers end with it.
 */
export async function within<T>(ms: number, pending: PromiseLike<T>): Promise<T | typeof LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const limit = new Promise<typeof LATE>((resolve) => {
    timer = setTimeout(resolve, ms, LATE)
  })
  try {
    return await Promise.race([awaited(pending), limit])
  } finally {
    clearTimeout(timer)
  }
}

/** A promise that nobody has tampered with: `race` would call a `then` of the other one's own, `await` does not. */
async function awaited<T>(pending: PromiseLike<T>): Promise<T> {
  return await pending
}
