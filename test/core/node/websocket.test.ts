// A refused WebSocket upgrade in a runtime whose responses cannot contain a socket, and with a mock of Deno.

import { type CaracalOptions, withCaracal } from 'caracal-edge'
import { caracal } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { cors } from 'hono/cors'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PASSED_ON_FAULTS } from '../support/fault-cases.ts'
import { bringAbout } from '../support/faults.ts'
import { anonymous } from '../support/requests.ts'
import { codeOf, runGuard } from '../support/run-guard.ts'
import { denoLike, upgrading } from '../support/upgrade.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const never = () => expect.fail('The handler ran.')

const closing = { ...issuer.options, websocketDenial: 'close' } as const
const refused = (request: Request, options: CaracalOptions = closing) => withCaracal(never, options)(request)

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('in a runtime whose responses cannot contain a socket', () => {
  it.each(PASSED_ON_FAULTS)(
    'an upgrade refused for $reason gets the same answer as any request',
    async (wrong) => {
      const { options, request } = await bringAbout(wrong)
      const outcome = await runGuard(options, upgrading(request))
      expect([outcome.status, codeOf(outcome)]).toEqual([wrong.answer.status, wrong.answer.code])
      expect(outcome.headers.get('sec-websocket-protocol')).toBeNull()
    },
  )

  it('Deno is not asked for a socket unless the options say that it gets the answer', async () => {
    const { asked, Deno } = denoLike()
    vi.stubGlobal('Deno', Deno)
    expect((await refused(upgrading(anonymous()), issuer.options)).status).toBe(401)
    const app = new Hono().use(caracal(issuer.options)).get('/x', never)
    expect((await app.fetch(upgrading(anonymous()))).status).toBe(401)
    expect(asked).toEqual([])
  })

  it('an upgrade that cannot be read any more is refused all the same', async () => {
    const { asked, Deno } = denoLike()
    vi.stubGlobal('Deno', Deno)
    const request = upgrading(anonymous())
    let isOver = false
    const { headers } = request
    const get = (name: string) => (isOver ? fails() : headers.get(name))
    Object.defineProperty(request, 'headers', { value: { get } })
    const onDecision = () => {
      isOver = true
    }
    expect((await refused(request, { ...closing, onDecision })).status).toBe(401)
    expect(asked).toEqual([])
  })

  it('an upgrade that Deno can close is closed when it is open, not before', async () => {
    const { closed, socket, response, asked, Deno } = denoLike()
    vi.stubGlobal('Deno', Deno)
    expect(await refused(upgrading(anonymous()))).toBe(response)
    expect(closed).toEqual([])
    socket.onopen()
    expect(closed).toEqual([[1008, 'missing_token']])
    await refused(upgrading(anonymous(), { 'sec-websocket-protocol': 'chat , other' }))
    expect((await refused(upgrading(anonymous(), { 'sec-websocket-protocol': token }))).status).toBe(401)
    expect(asked).toEqual([{}, { protocol: 'chat' }])
  })

  it('an upgrade that Deno does not accept is refused all the same', async () => {
    vi.stubGlobal('Deno', { upgradeWebSocket: fails, env: { get: () => undefined } })
    expect((await refused(upgrading(anonymous()))).status).toBe(401)
  })

  it('Hono passes the handshake on unchanged, whatever headers middleware has set', async () => {
    const { response, Deno } = denoLike()
    vi.stubGlobal('Deno', Deno)
    const app = new Hono().use(cors(), caracal(closing)).get('/x', never)
    expect(await app.fetch(upgrading(anonymous()))).toBe(response)
    expect([...response.headers]).toEqual([])
  })
})

function fails(): never {
  throw new TypeError('hunter2')
}
