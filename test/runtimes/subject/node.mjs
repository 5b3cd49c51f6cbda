// @ts-nocheck
// The subject on Node, behind the bridge from node:http that Hono has.

import { serve, upgradeWebSocket } from '@hono/node-server'
import { Hono } from 'hono'
import { WebSocketServer } from 'ws'
import { besideHono } from './hono.mjs'
import { guard, handlerWithSockets } from './subject.mjs'

const handler = handlerWithSockets((request, { reply, watch }, platform) =>
  new Hono()
    .get(
      '*',
      upgradeWebSocket(() => ({
        onOpen: (_event, socket) => watch(socket),
        onMessage: ({ data }, socket) => socket.send(reply(data)),
      })),
    )
    .fetch(request, platform),
)

serve(
  {
    fetch: besideHono(guard(process.env.OPTIONS_FORM, handler), upgradeWebSocket),
    websocket: { server: new WebSocketServer({ noServer: true }) },
    hostname: '127.0.0.1',
    port: 0,
  },
  ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
)
