// A WebSocket upgrade that is refused on Workers: accepted, and closed with 1008 and the code as reason.

import { withCaracal } from 'caracal-edge'
import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PASSED_ON_FAULTS } from '../support/fault-cases.ts'
import { bringAbout } from '../support/faults.ts'
import { anonymous, bearer } from '../support/requests.ts'
import { closingOf, socketOf, socketPair, upgrading } from '../support/upgrade.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const never = () => expect.fail('The handler ran.')

const refused = (request: Request) => withCaracal(never, issuer.options)(request)

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('in the Workers runtime', () => {
  it.each(PASSED_ON_FAULTS)(
    'an upgrade refused for $reason is closed with 1008 and its code',
    async (wrong) => {
      const { options, request } = await bringAbout(wrong)
      const response = await withCaracal(never, options)(upgrading(request))
      expect([response.status, [...response.headers]]).toEqual([101, []])
      expect(await closingOf(response)).toEqual([1008, wrong.answer.code])
    },
  )

  it('an admitted upgrade gets the 101 of its handler, unchanged', async () => {
    const [client, server] = socketPair()
    server.accept()
    server.addEventListener('message', ({ data }) => server.send(`echo ${data}`))
    const handshake = new Response(null, { status: 101, webSocket: client } as ResponseInit)
    const response = await withCaracal(() => handshake, issuer.options)(upgrading(bearer(token)))
    expect(response).toBe(handshake)
    const socket = socketOf(response)
    const heard = new Promise((resolve) => {
      socket.addEventListener('message', ({ data }) => resolve(data))
    })
    socket.send('hello')
    expect(await heard).toBe('echo hello')
  })

  it.each([
    { offered: 'chat', accepted: 'chat' },
    { offered: 'chat, superchat', accepted: 'chat' },
    { offered: '  chat  ,superchat', accepted: 'chat' },
    { offered: `${token}, chat`, accepted: 'chat' },
    { offered: `${'x'.repeat(65)},a/b, chat`, accepted: 'chat' },
    { offered: 'v4.channel.k8s.io', accepted: 'v4.channel.k8s.io' },
    { offered: "!#$%&'*+-.^_`|~09azAZ", accepted: "!#$%&'*+-.^_`|~09azAZ" },
    { offered: 'x'.repeat(64), accepted: 'x'.repeat(64) },
    { offered: `bearer, ${token}`, accepted: 'bearer' },
  ])('a client that offers the subprotocol $offered gets $accepted', async ({ offered, accepted }) => {
    const response = await refused(upgrading(anonymous(), { 'sec-websocket-protocol': offered }))
    expect([...response.headers]).toEqual([['sec-websocket-protocol', accepted]])
    expect(await closingOf(response)).toEqual([1008, 'missing_token'])
  })

  it('a client that offers no short and well-formed one gets none back', async () => {
    for (const offered of ['x'.repeat(65), token, `${token}, a b`, '', ',', 'a b', '"chat"', 'a/b']) {
      const response = await refused(upgrading(anonymous(), { 'sec-websocket-protocol': offered }))
      expect(response.status, offered).toBe(401)
      expect([...response.headers].flat().join()).not.toContain(token)
    }
  })

  it('that cannot create a socket now, the answer is plain', async () => {
    vi.stubGlobal('WebSocketPair', fails)
    expect((await refused(upgrading(anonymous()))).status).toBe(401)
  })

  it('an admitted upgrade gets the 101 of its handler through Hono, too', async () => {
    const [client, server] = socketPair()
    server.accept()
    const handshake = new Response(null, { status: 101, webSocket: client } as ResponseInit)
    const app = new Hono().use(caracal(issuer.options)).get('/x', () => handshake)
    const response = await app.fetch(upgrading(bearer(token)))
    expect(response).toBe(handshake)
    server.close(1000, 'bye')
    expect(await closingOf(response)).toEqual([1000, 'bye'])
  })
})

function fails(): never {
  throw new TypeError('hunter2')
}
