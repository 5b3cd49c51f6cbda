// @vitest-environment jsdom
// jsdom puts a Blob, Headers, URL and AbortController of its own beside Node's Response and fetch. Apps are tested so.

import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { text } from 'node:stream/consumers'
import {
  type CaracalOptions,
  createMandateVerifier,
  InMemoryRevocationStore,
  withCaracal,
} from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { type CaracalEnv, caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { Hono } from 'hono'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { requestWith } from '../support/scripted-issuer.ts'

beforeAll(async () => {
  // The difference that this file is about.
  expect(await new Response('x').blob()).not.toBeInstanceOf(Blob)
})

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections()
})

/** Gives the origin. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`
}

describe('with jsdom', () => {
  const sts = createTestIssuer()
  const handler = () => new Response('hello')

  const forms: readonly (readonly [string, (options: CaracalOptions) => (request: Request) => unknown])[] = [
    ['withCaracal', (options) => withCaracal(handler, options)],
    ['guardFetch', (options) => guardFetch({ fetch: handler }, options).fetch],
    ['caracal', (options) => new Hono<CaracalEnv>().use(caracal(options)).get('/', handler).fetch],
  ]

  it.each(forms)('%s lets a mandate in, and says why another is refused', async (_, make) => {
    const guarded = make(sts.options)
    expect(await guarded(requestWith(await sts.mint()))).toMatchObject({ status: 200 })
    const forged = await guarded(requestWith(await sts.mint({ key: 'forged' })))
    expect(forged).toMatchObject({ status: 401 })
    expect(await guarded(new Request('https://api.test/'))).toMatchObject({ status: 401 })
  })

  it('inline keys serve', async () => {
    const guard = createMandateVerifier({ ...sts.options, keySet: { jwks: await sts.jwks() } })
    expect(await guard.authorizeToken(await sts.mint())).toMatchObject({ outcome: 'admit' })
  })

  it('keys are fetched over HTTP, and their text is read as UTF-8', async () => {
    const issuer = await serve(async (_, response) => {
      const keys = Buffer.from(JSON.stringify({ note: 'süß ☃', ...(await local.jwks()) }))
      const middle = keys.indexOf('☃') + 1
      response.write(keys.subarray(0, middle), () => response.end(keys.subarray(middle)))
    })
    const local = createTestIssuer({ issuer })
    const { keySet: _, ...options } = local.options
    const guard = createMandateVerifier(options)
    expect(await guard.authorizeToken(await local.mint())).toMatchObject({ outcome: 'admit' })
  })

  it('a fetch is ended at its time limit', async () => {
    const issuer = await serve(() => {})
    const options = { issuer, expectedZoneId: 'zone-1', audience: 'a', keySet: { timeoutMs: 50 } }
    const guard = createMandateVerifier({ ...options, revocations: new InMemoryRevocationStore() })
    await expect(guard.warmup()).rejects.toMatchObject({ fault: 'timeout' })
  })

  it.each([
    [{ outcome: 'admit' }, null],
    [{ code: 'session_revoked' }, '1'],
  ])('a store over HTTP is asked: %j', async (decision, stored) => {
    const url = await serve(async (request, response) => {
      const [, ...keys] = JSON.parse(await text(request))
      response.end(JSON.stringify({ result: keys.map(() => stored) }))
    })
    const revocations = new UpstashRevocationStore({ url, token: 'token' })
    const guard = createMandateVerifier({ ...sts.options, revocations })
    expect(await guard.authorizeToken(await sts.mint())).toMatchObject(decision)
  })
})
