// @ts-nocheck
// The subject on Bun. Its WebSockets belong to an object with a `fetch`, which is what guardFetch is for.

import { mandateOf, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { asksForSocket, closing, guardedBy, handler } from './subject.mjs'

const sockets = {
  fetch(request, server) {
    return server.upgrade(request, { data: mandateOf(request)?.sub })
      ? undefined
      : new Response(null, { status: 400 })
  },
  websocket: {
    message: (socket, message) => socket.send(`${socket.data}: ${message}`),
  },
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

const server = Bun.serve({ hostname: '127.0.0.1', port: 0, fetch, websocket })
console.log(`listening on http://127.0.0.1:${server.port}`)
