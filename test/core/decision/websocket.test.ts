// A WebSocket upgrade that is refused: closed with 1008 and the code if the runtime can, or else a plain answer.

import { type CaracalOptions, createMandateVerifier, denialResponse, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'
import { codeOf, runGuard } from '../support/run-guard.ts'
import { closingOf, isWorkerd, upgrading } from '../support/upgrade.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()
const never = () => expect.fail('The handler ran.')

const refused = (request: Request, options: Partial<CaracalOptions> = {}) =>
  withCaracal(never, { ...issuer.options, ...options })(request)

/** `closed` with which subprotocol, or the status of the plain answer. */
async function outcomeOf(response: Response): Promise<unknown> {
  if (response.status !== 101) return response.status
  await closingOf(response)
  return ['closed', response.headers.get('sec-websocket-protocol')]
}

const MISSING = ['closed', null]

afterEach(() => {
  vi.unstubAllGlobals()
})

describe('a request that does not ask for a WebSocket gets a plain answer:', () => {
  it.each<{ request: string; init: RequestInit }>([
    { request: 'POST', init: { method: 'POST' } },
    { request: 'HEAD', init: { method: 'HEAD' } },
    { request: 'an upgrade to h2c', init: { headers: { upgrade: 'h2c' } } },
    { request: 'an upgrade to one of several', init: { headers: { upgrade: 'websocket, h2c' } } },
    { request: 'an empty upgrade', init: { headers: { upgrade: '' } } },
  ])('$request', async ({ init }) => {
    const { headers = {}, ...others } = init
    const request = upgrading(anonymous('/x', others), headers as Record<string, string>)
    expect((await refused(request)).status).toBe(401)
  })

  it('a request without an upgrade', async () => {
    expect((await refused(anonymous('/x', { headers: { connection: 'Upgrade' } }))).status).toBe(401)
  })

  it('a server_error', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const guarded = withCaracal(never, () => ({ ...issuer.options, maxHopCount: -1 }))
    expect((await guarded(upgrading(bearer(token)))).status).toBe(500)
    const unreadable = Object.defineProperty(upgrading(bearer(token)), 'url', { get: fails })
    expect((await refused(unreadable, { exclude: ['/open'] })).status).toBe(500)
    log.mockRestore()
  })
})

it('a list of subprotocols that is too long is not searched: the answer is plain', async () => {
  const offered = (length: number) => `${','.repeat(length - 4)}chat`
  const answers = [4_096, 4_097].map(async (length) =>
    outcomeOf(await refused(upgrading(anonymous(), { 'sec-websocket-protocol': offered(length) }))),
  )
  expect(await Promise.all(answers)).toEqual([isWorkerd ? ['closed', 'chat'] : 401, 401])
})

it.each(['websocket', 'WebSocket', 'WEBSOCKET'])('the name %s is case-insensitive', async (upgrade) => {
  const response = await refused(upgrading(anonymous(), { upgrade }))
  expect(await outcomeOf(response)).toEqual(isWorkerd ? MISSING : 401)
})

describe('websocketDenial', () => {
  it('selects the answer to an upgrade', async () => {
    const outcomes: unknown[] = []
    for (const websocketDenial of ['close', 'http'] as const) {
      outcomes.push(await outcomeOf(await refused(upgrading(anonymous()), { websocketDenial })))
    }
    expect(outcomes).toEqual([isWorkerd ? MISSING : 401, 401])
  })

  it("selects with 'http' an answer that says as much as any other", async () => {
    const outcome = await runGuard(
      { ...issuer.options, websocketDenial: 'http', requiredScopes: ['admin'] },
      upgrading(bearer(token)),
    )
    expect([outcome.status, codeOf(outcome)]).toEqual([403, 'insufficient_scope'])
    expect(outcome.headers.get('www-authenticate')).toContain('scope="admin"')
  })

  it('has no effect on a request that does not ask for a WebSocket', async () => {
    for (const websocketDenial of ['close', 'http'] as const) {
      expect((await refused(anonymous(), { websocketDenial })).status).toBe(401)
    }
  })

  it.each([
    { given: 'clos', says: "websocketDenial must be one of 'close', 'http', not another string" },
    { given: true, says: "websocketDenial must be one of 'close', 'http', not a boolean" },
    { given: undefined, says: 'websocketDenial is undefined' },
  ])('of $given is a mistake', ({ given, says }) => {
    const options = { ...issuer.options, websocketDenial: given } as unknown as CaracalOptions
    expect(() => withCaracal(never, options)).toThrow(says)
  })

  it('is the same for all routes', () => {
    const routes = { '/ws': { websocketDenial: 'http' } } as CaracalOptions['routes']
    expect(() => withCaracal(never, { ...issuer.options, ...(routes && { routes }) })).toThrow(
      'Unknown option "websocketDenial" in routes["/ws"]',
    )
  })
})

it('a verifier decides about an upgrade as about any request', async () => {
  const verifier = createMandateVerifier({ ...issuer.options, websocketDenial: 'close' })
  const decision = await verifier.authorize(upgrading(anonymous()))
  if (decision.outcome !== 'deny') return expect.fail(decision.outcome)
  expect(decision).toMatchObject({ code: 'missing_token', status: 401 })
  expect(denialResponse(decision).status).toBe(401)
  expect((await verifier.authorize(upgrading(bearer(token)))).outcome).toBe('admit')
})

function fails(): never {
  throw new TypeError('hunter2')
}
