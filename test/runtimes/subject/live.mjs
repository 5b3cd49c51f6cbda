// @ts-check
// Streams and sockets of the subject that end with the authority. The query of a request has the options.

import { liveResponse, liveSocket } from 'caracal-edge/live'

/** Each path below it goes on until something ends it. */
export const LIVE = '/live/'

/** A stream that is not silent sends as often. */
const BEAT_MS = 50

/** @typedef {import('caracal-edge').Authority} Authority */

/** @param {Request} request */
export function liveOptions(request) {
  const { searchParams } = new URL(request.url)
  /** @param {string} name @param {string} parameter */
  const option = (name, parameter) => {
    const value = searchParams.get(parameter)
    return value === null ? {} : { [name]: Number(value) }
  }
  return { ...option('recheckEveryMs', 'every'), ...option('graceMs', 'grace') }
}

/** The last event says when the server has sent it. @param {{ readonly code: string }} denial */
export const lastEvent = ({ code }) =>
  `event: caracal-end\ndata: ${JSON.stringify({ code, at: Date.now() })}\n\n`

/**
 * An event stream or a download: a first chunk, and with `beat` in the query one after the other.
 *
 * @param {Request} request
 * @param {Authority} authority
 */
export function liveAnswer(request, authority) {
  const { pathname, searchParams } = new URL(request.url)
  const isEvents = pathname.endsWith('/events')
  const type = isEvents ? 'text/event-stream' : 'application/octet-stream'
  const body = source(isEvents ? 'data: 1\n\n' : 'chunk', searchParams.has('beat'))
  const response = new Response(body, { headers: { 'Content-Type': type, 'X-Answered-By': 'handler' } })
  return liveResponse(response, authority, { ...liveOptions(request), onEnd: lastEvent })
}

/** @param {string} text @param {boolean} goesOn */
function source(text, goesOn) {
  /** @type {ReturnType<typeof setInterval> | undefined} */
  let timer
  return new ReadableStream({
    start(controller) {
      const send = () => controller.enqueue(new TextEncoder().encode(text))
      send()
      if (goesOn) timer = setInterval(send, BEAT_MS)
    },
    cancel: () => clearInterval(timer),
  })
}

/**
 * Watches a socket, if its path says so. Gives how to give the watch up.
 *
 * @param {Request} request
 * @param {Authority | undefined} authority
 * @param {import('caracal-edge/live').ClosableSocket} socket
 */
export function watchSocket(request, authority, socket) {
  const isLive = new URL(request.url).pathname.includes(LIVE)
  return isLive && authority ? liveSocket(socket, authority, liveOptions(request)) : () => {}
}
