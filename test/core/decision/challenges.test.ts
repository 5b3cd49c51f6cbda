// The challenge of a refusal (protocol §4, RFC 6750 §3): its error, scopes and metadata, in printable ASCII.

import { type CaracalOptions, createMandateVerifier, denialResponse, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { parseChallenge } from '../support/challenge.ts'
import { FAULTS } from '../support/fault-cases.ts'
import { bringAbout } from '../support/faults.ts'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] }) // so that no second passes between minting and the check
})
afterEach(() => {
  vi.useRealTimers()
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
