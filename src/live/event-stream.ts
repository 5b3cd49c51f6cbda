// How an event stream ends: closed, after a last event if none is half written.

import type { Denial } from '../decision/decision.ts'
import { listen } from '../lib/listening.ts'
import { logOnce } from '../lib/log.ts'
import { typeOf } from '../lib/type-of.ts'
import type { Ending } from './body.ts'

/** The last event of a stream: a whole text. */
export type LastEvent = (denial: Denial) => string | undefined

export const codeAsEvent: LastEvent = ({ code }) =>
  `event: caracal-end\ndata: ${JSON.stringify({ code })}\n\n`

export function isEventStream({ headers }: Response): boolean {
  return /^\s*text\/event-stream\s*(;|$)/i.test(headers.get('content-type') ?? '')
}

/** Whether its bytes are those of the text. */
export function isPlain({ headers }: Response): boolean {
  return /^\s*(identity)?\s*$/i.test(headers.get('content-encoding') ?? '')
}

/** How many characters show an empty line: the last of the end of a line, and another end, `\r\n` at most. */
const EMPTY_LINE_LENGTH = 3

/** @param lastEvent none for a stream whose bytes are not those of the text */
export function closedAfter(lastEvent: LastEvent | undefined): Ending {
  // A client takes the beginning of a stream for the beginning of an event.
  let tail = '\n\n'
  return {
    passed(chunk) {
      tail = `${tail}${endOf(chunk)}`.slice(-EMPTY_LINE_LENGTH)
    },
    end(controller, { denial }) {
      // A client discards half an event at the end of a stream. With a last event, it would take both for one.
      const isBetweenEvents = /[\r\n]{2}$/.test(tail.replaceAll('\r\n', '\n'))
      const text = lastEvent && isBetweenEvents ? textOf(lastEvent, denial) : undefined
      if (text) controller.enqueue(new TextEncoder().encode(text))
      controller.close()
    },
  }
}

function endOf(chunk: unknown): string {
  if (typeof chunk === 'string') return chunk.slice(-EMPTY_LINE_LENGTH)
  // Not of a known kind: what it ends with is not known either.
  if (!ArrayBuffer.isView(chunk)) return '?'
  const length = Math.min(EMPTY_LINE_LENGTH, chunk.byteLength)
  const start = chunk.byteOffset + chunk.byteLength - length
  return String.fromCharCode(...new Uint8Array(chunk.buffer, start, length))
}

function textOf(lastEvent: LastEvent, denial: Denial): string | undefined {
  let text: unknown
  listen('onEnd', lastEvent, () => {
    text = lastEvent(denial)
    return text
  })
  if (text === undefined || typeof text === 'string') return text
  const problem = `onEnd must return a string or undefined, not ${typeOf(text)}`
  logOnce(lastEvent, 'onEnd result', `${problem}: the stream ends without a last event`)
  return undefined
}
