// @ts-nocheck
// The subject on Deno.

import { withCaracal } from 'caracal-edge'
import { upgradeWebSocket } from 'hono/deno'
import { besideHono } from './hono.mjs'
import { closing, guardedBy, handlerWithSockets } from './subject.mjs'

const handler = handlerWithSockets((request, { reply, watch }) => {
  const { socket, response } = Deno.upgradeWebSocket(request)
  socket.onmessage = ({ data }) => socket.send(reply(data))
  watch(socket)
  return response
})

Deno.serve(
  {
    hostname: '127.0.0.1',
    port: 0,
    onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
  },
  besideHono(
    guardedBy((given) => withCaracal(handler, closing(given)), Deno.env.get('OPTIONS_FORM')),
    upgradeWebSocket,
  ),
)
