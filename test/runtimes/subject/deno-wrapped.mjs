// @ts-nocheck
// Guards on Deno whose answer does not go back to the server as it is: Deno ends where it has accepted a socket and gets
// another response.

import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
import { caracal } from 'caracal-edge/hono'
import { Hono } from 'hono'
import { timeout } from 'hono/timeout'

const options = { ...JSON.parse(Deno.env.get('TRUSTED')), revocations: new InMemoryRevocationStore() }
const guarded = withCaracal(() => new Response('reached'), options)

const errorPage = async (request) => {
  const response = await guarded(request)
  return response.ok ? response : new Response('Sorry', { status: 403 })
}

const logged = async (_, next) => {
  await next()
  await new Promise((resolve) => setTimeout(resolve, 200))
}
const app = new Hono().get('/late', timeout(50), logged, caracal(options), (c) => c.text('reached'))

Deno.serve(
  { hostname: '127.0.0.1', port: 0, onListen: ({ port }) => console.log(`http://127.0.0.1:${port}`) },
  (request) => (new URL(request.url).pathname === '/late' ? app.fetch(request) : errorPage(request)),
)
