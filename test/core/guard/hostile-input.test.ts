// Whatever a verifier gets instead of a request or a token, it refuses. It never throws and never admits.

import { createMandateVerifier } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'

const issuer = createTestIssuer()
const token = await issuer.mint()
const url = 'http://api.test/x'
const headers = new Headers({ authorization: `Bearer ${token}` })

let log: MockInstance
beforeEach(() => {
  log = vi.spyOn(console, 'error').mockReturnValue()
})
afterEach(() => {
  log.mockRestore()
})

describe('a request that is', () => {
  const verifier = createMandateVerifier({ ...issuer.options, routes: { '/admin': {} }, exclude: ['/open'] })
  const requests: Readonly<Record<string, unknown>> = {
    undefined,
    null: null,
    'a text': url,
    'an empty object': {},
    'without headers': { url },
    'without an address': { headers },
    'addressed by a URL object': { url: new URL(url), headers },
    'addressed by a number': { url: 7, headers },
    'addressed by a getter that throws': Object.defineProperty({ headers }, 'url', {
      get: () => thrown('hunter2'),
    }),
    'with headers in a plain object': { url, headers: { authorization: `Bearer ${token}` } },
    'with headers that throw': { url, headers: { get: () => thrown(new Error('hunter2')) } },
    'with headers that give a list': { url, headers: { get: () => [`Bearer ${token}`] } },
    'with headers that give undefined': { url, headers: { get: () => undefined } },
  }

  it.each(Object.entries(requests))('%s', async (_, request) => {
    const decision = await verifier.authorize(request as Request)
    expect(decision.outcome).toBe('deny')
    expect(log.mock.calls.join()).not.toContain('hunter2')
  })

  it('unexpected by every step leaves a line in the log with only the kind of the error', async () => {
    const another = createMandateVerifier({ ...issuer.options, exclude: ['/open'] })
    const decision = await another.authorize({ url } as Request)
    expect(decision).toMatchObject({ code: 'server_error', status: 500, requiredScopes: [] })
    await another.authorize(requests['addressed by a getter that throws'] as Request)
    expect(log.mock.calls).toEqual([
      [expect.stringMatching(/^caracal-edge: unexpected TypeError\b/)],
      ['caracal-edge: unexpected string'],
    ])
  })
})

describe('a token that is', () => {
  const verifier = createMandateVerifier(issuer.options)
  const tokens: Readonly<Record<string, unknown>> = {
    undefined,
    null: null,
    'a number': 7,
    'an object': {},
    'an object that reads as one': { length: 1, toString: () => token },
    'a String object': new String(token),
    'a list': [token],
    'a symbol': Symbol('hunter2'),
  }

  it.each(Object.entries(tokens))('%s', async (_, odd) => {
    const decision = await verifier.authorizeToken(odd as string)
    expect(decision.outcome).toBe('deny')
    expect(log.mock.calls.join()).not.toContain('hunter2')
  })
})

// config-08: whatever a store or a fetch throws, the guard only knows that it has no answer.
describe.each([{ error: new TypeError('hunter2') }, { error: 'hunter2' }, { error: undefined }])(
  'throwing or rejecting with $error is an outage:',
  ({ error }) => {
    const ways = [
      { way: 'thrown', fail: () => thrown(error) },
      { way: 'rejected', fail: () => Promise.reject(error) },
    ]

    it.each(ways)('a store, $way', async ({ fail }) => {
      const options = { ...issuer.options, revocations: { lookup: fail } }
      const decision = await createMandateVerifier(options).authorizeToken(token)
      expect(decision).toMatchObject({ status: 503, code: 'revocation_unavailable', fault: 'failed' })
    })

    it.each(ways)('a key fetch, $way', async ({ fail }) => {
      const options = { ...issuer.options, keySet: { fetch: fail } }
      const decision = await createMandateVerifier(options).authorizeToken(token)
      expect(decision).toMatchObject({ status: 503, code: 'keys_unavailable' })
      expect(JSON.stringify(decision)).not.toContain('hunter2')
    })
  },
)

function thrown(error: unknown): never {
  throw error
}
