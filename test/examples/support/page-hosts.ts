// What makes a fetch function of the programs that export something else: texts, as they run in other runtimes.

const GUARDED = (revocations: string, handler: string) => `
import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
export default withCaracal(${handler}, { revocations: ${revocations}, requiredScopes: ['billing:read'] })`

/** Each request is the last of its session. */
const REVOKES = `(_request, { caracal }) => {
  revoked.add(caracal.sid)
  return new Response('last')
}`

/** Sends requests on to a server of Node.js. */
const SENT_ON = `
import { once } from 'node:events'
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const origin = 'http://127.0.0.1:' + server.address().port
export default async ({ method, url, headers, body }) =>
  fetch(origin + new URL(url).pathname, {
    method,
    headers: [...headers].filter(([name]) => ['authorization', 'content-type'].includes(name)),
    body: body === null ? undefined : await new Response(body).text(),
  })`

export const HOSTS = {
  keySetCache: `
    import { InMemoryRevocationStore, withCaracal } from 'caracal-edge'
    const kept = new Map()
    const kv = { get: async (name) => kept.get(name) ?? null, put: async (name, text) => { kept.set(name, text) } }
    export default withCaracal(() => Response.json([...kept.values()]), {
      revocations: new InMemoryRevocationStore(),
      keySet: { cache: page.keySetCache(kv) },
    })`,
  olderStore: `const revoked = new Set()
    const older = { isRevoked: (id) => revoked.has(id), currentDelegationEpoch: async () => 0 }
    ${GUARDED('page.adapted(older)', REVOKES)}`,
  database: `const revoked = new Set()
    globalThis.db = { anyRevoked: async (ids) => ids.some((id) => revoked.has(id)), epoch: async () => 0 }
    ${GUARDED('page.revocations', REVOKES)}`,
  endSession: `
    import { UpstashRevocationStore } from 'caracal-edge/upstash'
    ${GUARDED(
      'UpstashRevocationStore.fromEnv()',
      `async (_request, { caracal }) => {
        await page.endSession(caracal)
        return new Response('last')
      }`,
    )}`,
  copyAll: `
    import { UpstashRevocationStore } from 'caracal-edge/upstash'
    ${GUARDED(
      'UpstashRevocationStore.fromEnv()',
      `async (request, { authority, caracal }) => {
        await page.copyAll(authority, request, [caracal.issuer + '/.well-known/jwks.json?zone_id=zone-a'])
        return new Response('copied')
      }`,
    )}`,
  requiring: `
    import { withCaracal } from 'caracal-edge'
    export default withCaracal(
      (_request, { caracal }) => Response.json({ actor: caracal.sub }),
      page.requiring({ requiredScopes: ['billing:read'] }),
    )`,
  proxy: `
    import { NextRequest } from 'next/server'
    export default async (request) => {
      const answer = await page.proxy(new NextRequest(request.url, { method: request.method, headers: request.headers }))
      const isRefusal = answer.headers.get('x-middleware-next') !== '1'
      return isRefusal ? answer : new Response('caches: ' + answer.headers.get('cache-control'))
    }`,
  listener: `
    import { createServer } from 'node:http'
    const server = createServer(page.listener)
    ${SENT_ON}`,
  express: `
    import { createServer } from 'node:http'
    import express from 'express'
    const app = express()
    app.use(page.requireMandate)
    app.get('/', (req, res) => res.json({ actor: req.caracal.sub }))
    const server = createServer(app)
    ${SENT_ON}`,
  scheduled: `
    export default async (request, env) => {
      if (new URL(request.url).pathname !== '/cron') return page.default.fetch(request, env)
      await page.default.scheduled({}, env)
      return new Response('done')
    }`,
  pay: `
    export default async (request) => {
      const token = request.headers.get('authorization')?.slice('Bearer '.length) ?? ''
      return new Response(await page.pay(token, 7).catch(({ message }) => 'refused: ' + message))
    }`,
} as const
