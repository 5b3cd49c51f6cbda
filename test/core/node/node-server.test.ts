// A guard as the listener of a Node server, which it cannot be: answered with a 500 that the log explains, never left open.

import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { type CaracalOptions, createMandateVerifier, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'

const issuer = createTestIssuer()
const token = await issuer.mint()
const reached = vi.fn(() => new Response('reached'))

let log: MockInstance
beforeEach(() => {
  // The log says a thing once a minute.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 * ++tests })
  log = vi.spyOn(console, 'error').mockReturnValue()
  reached.mockClear()
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})
let tests = 0

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

/** What a client gets of a server with this listener. */
async function askServer(listener: Listener, path = '/', init: RequestInit = {}) {
  const server = createServer(listener as RequestListener)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  try {
    const { port } = server.address() as AddressInfo
    const headers = { authorization: `Bearer ${token}`, connection: 'close' }
    const signal = AbortSignal.timeout(5_000)
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers, signal, ...init })
    return { status: response.status, headers: response.headers, text: await response.text() }
  } finally {
    server.close()
  }
}

/** Given to a Node server, which the compiler would not let pass. */
const asListener = (guarded: unknown) => guarded as Listener

const broken = (): CaracalOptions => {
  throw new Error('hunter2')
}
const options: CaracalOptions = { ...issuer.options, exclude: ['/open'] }

describe.each<{ name: string; listener: Listener }>([
  { name: 'withCaracal', listener: asListener(withCaracal(reached, options)) },
  { name: 'an options function', listener: asListener(withCaracal(reached, () => options)) },
  { name: 'options that cannot be had', listener: asListener(withCaracal(reached, broken)) },
  { name: 'guardFetch', listener: asListener(guardFetch({ fetch: reached }, options).fetch) },
])('$name as a listener', ({ listener }) => {
  it.each(['/', '/open', '//x', '/admin?x=1'])(
    'answers a request for %s, and names the bridge in the log',
    async (path) => {
      const { status, headers, text } = await askServer(listener, path)
      expect(status).toBe(500)
      expect(JSON.parse(text)).toMatchObject({ error: 'server_error' })
      expect([headers.get('content-type'), headers.get('cache-control')]).toEqual([
        'application/json',
        'no-store',
      ])
      expect(log.mock.calls.join()).toContain('@hono/node-server')
      expect(log).toHaveBeenCalledTimes(1)
      expect(reached).not.toHaveBeenCalled()
    },
  )

  it('answers every method, and headers of any name', async () => {
    for (const method of ['HEAD', 'POST', 'OPTIONS']) {
      expect((await askServer(listener, '/', { method, headers: { get: 'x', has: 'y' } })).status).toBe(500)
    }
    expect(reached).not.toHaveBeenCalled()
  })

  it('does not mind further arguments, as in Express, or an answer that another handler has begun', async () => {
    const next = vi.fn()
    const asInExpress = (...given: readonly unknown[]) => Reflect.apply(listener, undefined, [...given, next])
    expect((await askServer(asInExpress)).status).toBe(500)
    const begun: Listener = (request, response) => {
      response.writeHead(202, { 'content-type': 'text/plain' })
      return listener(request, response)
    }
    expect((await askServer(begun)).status).toBe(202)
    expect(next).not.toHaveBeenCalled()
  })

  it('throws where there is nothing to answer with', async () => {
    const attempts: unknown[] = []
    const alone: Listener = async (request, response) => {
      attempts.push(await Promise.resolve(Reflect.apply(listener, undefined, [request])).catch(String))
      attempts.push(await Promise.resolve(Reflect.apply(listener, undefined, [request, {}])).catch(String))
      response.end()
    }
    await askServer(alone)
    for (const attempt of attempts) expect(attempt).toMatch(/^TypeError: caracal-edge: .*@hono\/node-server/)
    expect(attempts).toHaveLength(2)
  })
})

it('a verifier says that it needs the bridge', async () => {
  const decisions: unknown[] = []
  await askServer(async (request, response) => {
    decisions.push(await Reflect.apply(createMandateVerifier(options).authorize, undefined, [request]))
    response.end()
  })
  expect(decisions).toMatchObject([{ outcome: 'deny', code: 'server_error' }])
  expect(log.mock.calls.join()).toContain('@hono/node-server')
})

it('with the bridge, a guard inside of a Node server does its work', async () => {
  vi.useRealTimers()
  const listener = getRequestListener(withCaracal(reached, options)) as Listener
  expect((await askServer(listener)).text).toBe('reached')
  expect((await askServer(listener, '/', { headers: {} })).status).toBe(401)
  expect(log).not.toHaveBeenCalled()
})
