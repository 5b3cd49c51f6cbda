// @ts-nocheck
// The subject on Node, behind the bridge from node:http that Hono has.

import { serve, upgradeWebSocket } from '@hono/node-server'
import { Hono } from 'hono'
import { WebSocketServer } from 'ws'
import { guard, handlerWithSockets } from './subject.mjs'

const handler = handlerWithSockets((request, reply, platform) =>
  new Hono()
    .get(
      '*',
      upgradeWebSocket(() => ({ onMessage: ({ data }, socket) => socket.send(reply(data)) })),
    )
    .fetch(request, platform),
)

serve(
  {
    fetch: guard(process.env.OPTIONS_FORM, handler),
    websocket: { server: new WebSocketServer({ noServer: true }) },
    hostname: '127.0.0.1',
    port: 0,
  },
  ({ port }) => console.log(`listening on http://127.0.0.1:${port}`),
)
