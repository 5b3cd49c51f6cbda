// @ts-nocheck
// The subject on Bun. Its WebSockets belong to an object with a `fetch`, which is what guardFetch is for.

import { authorityOf, mandateOf, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { websocket as honoWebsocket, upgradeWebSocket } from 'hono/bun'
import { besideHono } from './hono.mjs'
import { watchSocket } from './live.mjs'
import { asksForSocket, closing, guardedBy, handler } from './subject.mjs'

const own = {
  open(socket) {
    socket.data.giveUp = socket.data.watch(socket)
  },
  message: (socket, message) => socket.send(`${socket.data.subject}: ${message}`),
  close: (socket) => socket.data.giveUp(),
}

/** One object has the handlers for all sockets of a server, and those of Hono are among them. */
const forEither = (event) => [
  event,
  (socket, ...details) => (socket.data.events ? honoWebsocket : own)[event](socket, ...details),
]

const sockets = {
  fetch(request, server) {
    const watch = (socket) => watchSocket(request, authorityOf(request), socket)
    return server.upgrade(request, { data: { subject: mandateOf(request)?.sub, watch } })
      ? undefined
      : new Response(null, { status: 400 })
  },
  websocket: Object.fromEntries(['open', 'message', 'close'].map(forEither)),
}

let websocket
const fetch = guardedBy((options) => {
  const guarded = withCaracal(handler, options)
  // The server below serves the first one's own handlers. The other one has asked for plain HTTP.
  const guardedSockets = guardFetch(sockets, closing(options))
  websocket ??= guardedSockets.websocket
  return (request, server) =>
    asksForSocket(request) ? guardedSockets.fetch(request, server) : guarded(request, server)
}, process.env.OPTIONS_FORM)

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: 0,
  fetch: besideHono(fetch, upgradeWebSocket),
  websocket,
})
console.log(`listening on http://127.0.0.1:${server.port}`)
