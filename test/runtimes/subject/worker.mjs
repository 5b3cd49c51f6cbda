// @ts-nocheck
// The subject as a Worker.

import { env } from 'cloudflare:workers'
import { guard, handlerWithSockets } from './subject.mjs'

const handler = handlerWithSockets((_request, reply) => {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  server.addEventListener('message', ({ data }) => server.send(reply(data)))
  // Before 2026 a Worker had to answer a close itself.
  server.addEventListener('close', ({ code }) => server.close(code))
  return new Response(null, { status: 101, webSocket: client })
})

export default { fetch: guard(env.OPTIONS_FORM, handler) }
