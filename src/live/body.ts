// A stream with the chunks of another one, which can be ended from outside at any time.

import type { AuthorityEndedError } from '../decision/authority-ended-error.ts'
import type { Watch } from './watch.ts'

type Controller = ReadableStreamDefaultController<unknown>

/** How a stream ends whose authority has ended. */
export interface Ending {
  /** Told of each chunk that goes on to the client. */
  passed(chunk: unknown): void
  /** Closes or errors the stream. */
  end(controller: Controller, error: AuthorityEndedError): void
}

export const ERRORED: Ending = Object.freeze({
  passed() {},
  end: (controller: Controller, error: AuthorityEndedError) => controller.error(error),
})

/**
 * Reads a chunk only when one is asked for. It is no byte stream: those take the buffer of a chunk away, which the
 * source may send again, or to other clients.
 */
export function endable(source: ReadableStream<unknown>, begin: Watch, ending: Ending): ReadableStream {
  const reader = source.getReader()
  let isOver = false
  let giveUp = () => {}
  const start = (controller: Controller) => {
    giveUp = begin((error) => {
      isOver = true
      try {
        ending.end(controller, error)
      } catch {
        // Cancelled meanwhile: Deno cancels within `enqueue` when the client is gone. Thrown here, it would end the process.
        controller.error(error)
      }
      reader.cancel(error).catch(() => {})
    })
    // Also while nobody reads.
    reader.closed.then(giveUp, giveUp)
  }
  const finish = (close: () => void) => {
    giveUp()
    if (!isOver) close()
    isOver = true
  }
  const pull = (controller: Controller) =>
    reader.read().then(
      ({ done, value }) => {
        if (done) return finish(() => controller.close())
        if (isOver) return
        ending.passed(value)
        controller.enqueue(value)
      },
      (error: unknown) => finish(() => controller.error(error)),
    )
  const cancel = (reason: unknown) => {
    giveUp()
    return reader.cancel(reason)
  }
  return new ReadableStream({ start, pull, cancel }, { highWaterMark: 0 })
}
