// A limit of time for work that has none.

/** @param late makes the error with which it rejects when the time is over */
export async function within<T>(limitMs: number, work: Promise<T>, late: () => Error): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(late()), limitMs)
    // Where nothing else is under way, nothing is waited for.
    timer.unref()
  })
  return Promise.race([work, end]).finally(() => clearTimeout(timer))
}
