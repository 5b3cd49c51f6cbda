// The form of a refusal (protocol §4), and that it contains nothing secret, and neither do events and the console.

import {
  type CaracalOptions,
  createMandateVerifier,
  type Denial,
  denialResponse,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { parseChallenge } from '../support/challenge.ts'
import { FAULTS } from '../support/fault-cases.ts'
import { bringAbout, type Fault } from '../support/faults.ts'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const LEVELS = ['debug', 'error', 'info', 'log', 'trace', 'warn'] as const
let consoles: readonly MockInstance[] = []

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] }) // so that no second passes between minting and the check
  consoles = LEVELS.map((level) => vi.spyOn(console, level).mockReturnValue())
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function printed(): string {
  return JSON.stringify(consoles.map(({ mock }) => mock.calls))
}

/** The answer to a request with this fault. */
async function answerTo(wrong: Fault): Promise<Response> {
  const { options, request } = await bringAbout(wrong)
  return withCaracal(() => new Response(), options)(request)
}

describe('the answer to', () => {
  it.each(FAULTS)(
    '$reason is a JSON object of three texts, and of the scopes where they decide',
    async (wrong) => {
      const response = await answerTo(wrong)
      expect(response.headers.get('content-type')).toBe('application/json')
      const body = await response.json()
      expect(body).toEqual({
        error: wrong.answer.code,
        error_description: expect.stringMatching(/^[A-Z].*\.$/),
        error_hint: expect.stringMatching(/^[A-Z].*\.$/),
        ...(wrong.answer.code === 'insufficient_scope' && { scope: 'read admin' }),
      })
      expect(response.status).toBe(wrong.answer.status)
    },
  )

  it.each(FAULTS)('$reason is never cached (response-hygiene-04)', async (wrong) => {
    expect((await answerTo(wrong)).headers.get('cache-control')).toBe('no-store')
  })

  it.each(FAULTS)('$reason has Retry-After if it is a 503, and only then', async (wrong) => {
    const wait = (await answerTo(wrong)).headers.get('retry-after')
    if (wrong.answer.status === 503) expect(wait).toMatch(/^[1-9]\d*$/)
    else expect(wait).toBeNull()
  })

  it.each(FAULTS)('$reason has one challenge if it is a 401 or 403 (response-hygiene-06)', async (wrong) => {
    const response = await answerTo(wrong)
    const text = response.headers.get('www-authenticate')
    const { error_description: description } = (await response.json()) as Record<string, unknown>
    if (wrong.answer.status >= 500) return expect(text).toBeNull()
    const { scheme, parameters } = parseChallenge(text)
    expect(scheme).toBe('Bearer')
    const { error } = wrong.answer
    if (error === null) expect(parameters).toEqual({ realm: 'caracal' })
    else expect(parameters).toMatchObject({ error, error_description: description })
  })

  it.each(FAULTS)('$reason has no other headers', async (wrong) => {
    const names = [...(await answerTo(wrong)).headers.keys()]
    const known = ['cache-control', 'content-type', 'retry-after', 'www-authenticate']
    expect(names.filter((name) => !known.includes(name))).toEqual([])
  })

  it('any request is that of server_error if the options function fails', async () => {
    const unreadable = FAULTS.find(({ reason }) => reason === 'server_error') ?? expect.fail()
    const expected = await answerTo(unreadable)
    const brokenOptions = (): CaracalOptions => {
      throw new Error('hunter2')
    }
    const response = await withCaracal(() => new Response(), brokenOptions)(anonymous())
    expect([response.status, ...response.headers]).toEqual([expected.status, ...expected.headers])
    expect(await response.text()).toBe(await expected.text())
  })
})

describe('nothing about the token, the keys, the anchors or the issuer', () => {
  it.each(FAULTS)('is in the answer, event or log of $reason (response-hygiene-03)', async (wrong) => {
    const { options, request, secrets, forOperator } = await bringAbout(wrong)
    const events: unknown[] = []
    const onDecision = (event: unknown) => events.push(event)
    const response = await withCaracal(() => new Response(), { ...options, onDecision })(request)
    const answer = JSON.stringify([...response.headers]) + (await response.text())
    expect(secrets.length).toBeGreaterThan(10)
    for (const secret of secrets) expect(answer).not.toContain(secret)
    const told = JSON.stringify(events) + printed()
    const hidden = secrets.filter((secret) => !forOperator.includes(secret))
    for (const secret of hidden) expect(told).not.toContain(secret)
  })

  it('is on the console, nor anything else, while requests are admitted and refused', async () => {
    for (const wrong of FAULTS.filter(({ answer }) => answer.status < 500)) await answerTo(wrong)
    await withCaracal(() => new Response(), issuer.options)(bearer(await issuer.mint()))
    expect(printed()).toBe(JSON.stringify(LEVELS.map(() => [])))
  })

  it('is revealed before the signature is verified: all such answers are the same', async () => {
    const strangers = FAULTS.filter(({ reason }) => /malformed|unknown_key|bad_signature/.test(reason))
    const answers = strangers.map(async (wrong) => {
      const response = await answerTo(wrong)
      return [response.status, ...response.headers, await response.text()]
    })
    const [first, ...others] = await Promise.all(answers)
    for (const other of others) expect(other).toEqual(first)
    expect(others).toHaveLength(2)
  })

  // response-hygiene-12: claims of a forged token are never read, so that no time can depend on them.
  it('is looked up for a forged token, whatever its claims', async () => {
    const fetch = vi.fn(async (url: string, init: RequestInit) => issuer.handler(new Request(url, init)))
    const lookup = vi.fn()
    const options = { ...issuer.options, keySet: { fetch }, revocations: { lookup } }
    const verifier = createMandateVerifier(options)
    await verifier.warmup()
    const variations = [
      {},
      { expired: true },
      { claims: { zone_id: 'zone-2' } },
      { claims: { aud: 'x' } },
      { claims: { jti: 7 } },
      { claims: { use: 'session' } },
    ]
    for (const departures of variations) {
      const decision = await verifier.authorizeToken(await issuer.mint({ ...departures, key: 'forged' }))
      expect(decision).toMatchObject({ outcome: 'deny', reason: 'bad_signature' })
    }
    expect([fetch.mock.calls.length, lookup.mock.calls.length]).toEqual([1, 0])
  })
})

it('denialResponse throws for anything but a denial', async () => {
  const verifier = createMandateVerifier({ ...issuer.options, exclude: ['/open'] })
  const token = await issuer.mint()
  for (const decision of [
    await verifier.authorizeToken(token),
    await verifier.authorize(anonymous('/open')),
  ]) {
    expect(decision.outcome).not.toBe('deny')
    expect(() => denialResponse(decision as Denial)).toThrow(TypeError)
  }
})

it.each(FAULTS)('denialResponse renders the denial $reason as the guard does', async (wrong) => {
  const { options, request } = await bringAbout(wrong)
  const response = await withCaracal(() => new Response(), options)(request)
  const decision = await createMandateVerifier(options).authorize(request)
  if (decision.outcome !== 'deny') throw new Error(decision.outcome)
  const rendered = denialResponse(decision)
  expect([rendered.status, ...rendered.headers]).toEqual([response.status, ...response.headers])
  expect(await rendered.text()).toBe(await response.text())
})
