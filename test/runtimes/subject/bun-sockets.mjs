// @ts-nocheck
// One guarded app with sockets on Bun, served rightly once and then in other ways, in one process.

import { mandateOf } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { createTestIssuer } from 'caracal-edge/testing'

const issuer = createTestIssuer()
const app = {
  fetch(request, server) {
    const data = { sub: mandateOf(request)?.sub }
    return server.upgrade(request, { data }) ? undefined : new Response(null, { status: 400 })
  },
  websocket: {
    open: (socket) => socket.send(`open: ${socket.data?.sub}`),
    message: (socket, message) => socket.send(`message: ${socket.data?.sub}: ${message}`),
  },
}

const serve = (fetch, websocket) => Bun.serve({ hostname: '127.0.0.1', port: 0, fetch, websocket }).port

/** In this order: what was served rightly first must say nothing about the ones that follow. */
function portsOf(guarded) {
  return {
    'its own handlers': serve(guarded.fetch, guarded.websocket),
    "the app's handlers": serve(guarded.fetch, app.websocket),
    'its own handlers, and another open': serve(guarded.fetch, {
      ...guarded.websocket,
      open: (socket) => socket.send('open'),
    }),
  }
}

const closing = guardFetch(app, { ...issuer.options, websocketDenial: 'close' })
console.log(
  JSON.stringify({
    mandate: await issuer.mint({ claims: { sub: 'user-7' } }),
    ports: portsOf(guardFetch(app, issuer.options)),
    portsByFunction: portsOf(guardFetch(app, () => issuer.options)),
    portOfClosing: serve(closing.fetch, closing.websocket),
  }),
)
