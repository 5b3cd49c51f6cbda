// The form of a refusal (protocol §4, RFC 6750 §3), and that it contains nothing secret, and neither do events and the console.

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

describe('a challenge says what protocol §4 has of it', () => {
  const METADATA = 'https://api.test/.well-known/oauth-protected-resource'

  /** With insufficient_scope, the request lacks the second of the scopes. */
  const scopesFor = (code: string) =>
    code === 'insufficient_scope' ? [['read', 'admin']] : [['read', 'write'], []]

  const cases = FAULTS.filter(({ answer }) => answer.status < 500).flatMap((wrong) =>
    scopesFor(wrong.answer.code).flatMap((requiredScopes) =>
      [METADATA, undefined].map((resourceMetadata) => ({ ...wrong, requiredScopes, resourceMetadata })),
    ),
  )

  it.each(cases)('$reason, needing $requiredScopes, with $resourceMetadata', async (wrong) => {
    const { requiredScopes, resourceMetadata } = wrong
    const { code, status, error } = wrong.answer
    const { options, request } = await bringAbout(wrong)
    const own = { ...options, requiredScopes, ...(resourceMetadata && { resourceMetadata }) }
    const response = await withCaracal(() => new Response(), own)(request)
    const challenge = response.headers.get('www-authenticate')
    const { error_description: _, ...parameters } = parseChallenge(challenge).parameters
    // A 401 tells where a mandate comes from, and with which scopes. So does the 403 that scopes can mend, and no other.
    const isTold = status === 401 || code === 'insufficient_scope'
    const scope = requiredScopes.join(' ')
    expect(parameters).toEqual({
      realm: 'caracal',
      ...(error !== null && { error }),
      ...(isTold && scope !== '' && { scope }),
      ...(isTold && resourceMetadata && { resource_metadata: resourceMetadata }),
    })
    const body = (await response.json()) as Record<string, unknown>
    expect(body.error).toBe(code)
    expect(body.scope).toBe(code === 'insufficient_scope' ? scope : undefined)
  })

  it('and of scopes nothing where the path is so uncertain that all routes count', async () => {
    const options = {
      ...issuer.options,
      requiredScopes: ['read'],
      routes: { '/x': { requiredScopes: ['x'] } },
    }
    const guarded = withCaracal(() => new Response(), { ...options, resourceMetadata: METADATA })
    for (const token of [undefined, await issuer.mint({ scopes: [] })]) {
      const uncertain = `/${'%41'.repeat(2_000)}`
      const response = await guarded(token ? bearer(token, uncertain) : anonymous(uncertain))
      const { parameters } = parseChallenge(response.headers.get('www-authenticate'))
      expect([response.status, parameters.scope]).toEqual([token ? 403 : 401, undefined])
      expect(await response.json()).not.toHaveProperty('scope')
    }
  })

  it.each([
    { url: 'https://api.test/a?b=c&d="e\\f', told: 'https://api.test/a?b=c&d=%22e\\f' },
    { url: 'https://bücher.test/ü "x"', told: 'https://xn--bcher-kva.test/%C3%BC%20%22x%22' },
    { url: 'HTTPS://API.test', told: 'https://api.test/' },
    { url: 'http://localhost:8787/meta', told: 'http://localhost:8787/meta' },
  ])('and the URL $url as one of printable ASCII', async ({ url, told }) => {
    const guarded = withCaracal(() => new Response(), { ...issuer.options, resourceMetadata: url })
    const challenge = (await guarded(anonymous())).headers.get('www-authenticate')
    expect(challenge).toMatch(/^[\x20-\x7e]+$/)
    expect(parseChallenge(challenge).parameters.resource_metadata).toBe(told)
  })
})

describe('the scope in a challenge', () => {
  async function scopeFor(options: Partial<CaracalOptions>, path = '/x', departures = {}): Promise<unknown> {
    const guarded = withCaracal(() => new Response(), { ...issuer.options, ...options })
    const response = await guarded(bearer(await issuer.mint(departures), path))
    return [response.status, parseChallenge(response.headers.get('www-authenticate')).parameters.scope]
  }

  it('lists all scopes of the route, those of the mandate too, each once', async () => {
    const requiredScopes = ['read', 'admin', 'read', 'audit']
    expect(await scopeFor({ requiredScopes })).toEqual([403, 'read admin audit'])
  })

  it('lists those of the route, not those of the guard that the route replaces', async () => {
    const routes = { '/admin': { requiredScopes: ['admin'] } }
    expect(await scopeFor({ requiredScopes: ['read'], routes }, '/admin')).toEqual([403, 'admin'])
  })

  it('lists those of every rule that an odd path must meet', async () => {
    const routes = { '/admin': { requiredScopes: ['admin'] } }
    const [status, scope] = (await scopeFor({ requiredScopes: ['audit'], routes }, '/%61dmin')) as [
      number,
      string,
    ]
    expect([status, scope.split(' ').sort()]).toEqual([403, ['admin', 'audit']])
  })

  it('lists additional requirements', async () => {
    const verifier = createMandateVerifier({ ...issuer.options, requiredScopes: ['read'] })
      .require({ requiredScopes: ['audit'] })
      .require({ requiredScopes: ['admin', 'read'] })
    const decision = await verifier.authorize(bearer(await issuer.mint()))
    if (decision.outcome !== 'deny') throw new Error(decision.outcome)
    expect(decision.requiredScopes).toEqual(['read', 'audit', 'admin'])
    const challenge = denialResponse(decision).headers.get('www-authenticate')
    expect(parseChallenge(challenge).parameters.scope).toBe('read audit admin')
  })

  it.each([
    { scopes: ['say"hi"'], text: 'scope="say\\"hi\\""' },
    { scopes: ['back\\slash'], text: 'scope="back\\\\slash"' },
    { scopes: ['naïve', '日本'], text: 'scope="na?ve ??"' },
    { scopes: ['a\u0000b', 'c\u007fd'], text: 'scope="a?b c?d"' },
    { scopes: ['x",error="none'], text: 'scope="x\\",error=\\"none"' },
  ])('is escaped, and printable ASCII whatever it contains: $text', async ({ scopes, text }) => {
    const guarded = withCaracal(() => new Response(), { ...issuer.options, requiredScopes: scopes })
    const challenge = (await guarded(bearer(await issuer.mint()))).headers.get('www-authenticate')
    expect(challenge).toContain(text)
    expect(challenge).toMatch(/^[\x20-\x7e]+$/)
    expect(() => parseChallenge(challenge)).not.toThrow()
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
