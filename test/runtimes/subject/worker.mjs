// @ts-nocheck
// The subject as a Worker.

import { env } from 'cloudflare:workers'
import { upgradeWebSocket } from 'hono/cloudflare-workers'
import { besideHono } from './hono.mjs'
import { guard, handlerWithSockets } from './subject.mjs'

const handler = handlerWithSockets((_request, { reply, watch }) => {
  const { 0: client, 1: server } = new WebSocketPair()
  server.accept()
  watch(server)
  server.addEventListener('message', ({ data }) => server.send(reply(data)))
  // Before 2026 a Worker had to answer a close itself.
  server.addEventListener('close', ({ code }) => server.close(code))
  return new Response(null, { status: 101, webSocket: client })
})

const guarded = besideHono(guard(env.OPTIONS_FORM, handler), upgradeWebSocket)

/** Answers in the place of one that takes too long. All that the request has begun ends with it, unsettled. */
const giveUp = (afterMs) =>
  new Promise((resolve) => setTimeout(resolve, afterMs, new Response(null, { status: 504 })))

export default {
  fetch(request, ...platform) {
    const afterMs = request.headers.get('X-Give-Up-After')
    const answer = guarded(request, ...platform)
    return afterMs === null ? answer : Promise.race([answer, giveUp(Number(afterMs))])
  },
}
