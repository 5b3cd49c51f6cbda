// @ts-nocheck
// What the subject serves below /hono: the streams and sockets of Hono, which end with the authority.

import { caracal } from 'caracal-edge/hono'
import { liveResponse, liveSocket } from 'caracal-edge/live'
import { Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { lastEvent, liveOptions } from './live.mjs'
import { options } from './subject.mjs'

const HONO = '/hono/'

const events = (c) => {
  const response = streamSSE(c, async (stream) => {
    await stream.writeSSE({ data: '1' })
    await new Promise((resolve) => stream.onAbort(resolve))
  })
  return liveResponse(response, c.var.authority, { ...liveOptions(c.req.raw), onEnd: lastEvent })
}

const socket = (c) => {
  let giveUp
  const watch = (ws) => {
    giveUp ??= liveSocket(ws, c.var.authority, liveOptions(c.req.raw))
  }
  return {
    onOpen: (_event, ws) => watch(ws),
    onMessage: ({ data }, ws) => {
      // On Workers, Hono has no onOpen.
      watch(ws)
      ws.send(`${c.var.caracal.sub}: ${data}`)
    },
    onClose: () => giveUp?.(),
  }
}

/** Serves all other paths with `guarded`. */
export function besideHono(guarded, upgradeWebSocket) {
  const app = new Hono()
    // A function, so that variables which are missing are no matter of the start.
    .use(caracal(() => options()))
    .get(`${HONO}events`, events)
    .get(`${HONO}socket`, upgradeWebSocket(socket))
  return (request, ...platform) =>
    new URL(request.url).pathname.startsWith(HONO)
      ? app.fetch(request, ...platform)
      : guarded(request, ...platform)
}
