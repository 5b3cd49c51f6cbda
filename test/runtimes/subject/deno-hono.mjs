// @ts-nocheck
// Deno: a Hono app with guards of which one must admit, and with answers of its own to errors. Opens WebSockets.

import { InMemoryRevocationStore } from 'caracal-edge'
import { caracal } from 'caracal-edge/hono'
import { Hono } from 'hono'
import { some } from 'hono/combine'
import { cors } from 'hono/cors'

const options = {
  ...JSON.parse(Deno.env.get('TRUSTED')),
  revocations: new InMemoryRevocationStore(),
  websocketDenial: 'close',
}
const strict = caracal({ ...options, requiredScopes: ['admin'] })

const greet = (c) => {
  const { socket, response } = Deno.upgradeWebSocket(c.req.raw)
  socket.onopen = () => socket.send(`hello ${c.var.caracal.sub}`)
  return response
}

const app = new Hono()
  .use(cors(), async (c, next) => {
    await next()
    if (c.error) c.header('x-after', '1')
  })
  .onError((error, c) => (c.req.path === '/passed-on' ? error.getResponse() : c.json({}, 418)))
  .get('/passed-on', strict, greet)
  .get('/strict', strict, greet)
  .get('/either', some(strict, caracal(options)), greet)

Deno.serve(
  { hostname: '127.0.0.1', port: 0, onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`) },
  (request) => app.fetch(request),
)
