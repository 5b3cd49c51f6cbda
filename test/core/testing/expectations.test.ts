// `expectDenied` and `expectAdmitted`: what they accept, and what they say otherwise.

import { createMandateVerifier, type DenialCode, denialResponse, withCaracal } from 'caracal-edge'
import { createTestIssuer, createTestStore, expectAdmitted, expectDenied } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'

const store = createTestStore()
const issuer = createTestIssuer({ revocations: store })
const options = { ...issuer.options, requiredScopes: ['read'], exclude: ['/health'] }
const guarded = withCaracal(() => new Response('handled'), options)
const verifier = createMandateVerifier(options)

const requestWith = (mandate?: string, path = '/') =>
  new Request(`https://api.test${path}`, {
    headers: mandate === undefined ? {} : { authorization: `Bearer ${mandate}` },
  })
const call = async (mandate?: string) => guarded(requestWith(mandate))

async function messageOf(expectation: Promise<unknown>): Promise<string> {
  const error: unknown = await expectation.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Error)) throw new Error('It must reject with an Error.')
  return error.message
}

describe('expectDenied', () => {
  it.each<{ code: DenialCode; mint: () => Promise<string> | undefined; bring?: () => void }>([
    { code: 'missing_token', mint: () => undefined },
    { code: 'invalid_token', mint: () => issuer.mint({ expired: true }) },
    { code: 'invalid_zone', mint: () => issuer.mint({ claims: { zone_id: 'zone-2' } }) },
    { code: 'insufficient_scope', mint: () => issuer.mint({ scopes: [] }) },
    { code: 'revocation_unavailable', mint: () => issuer.mint(), bring: () => store.goDown() },
    { code: 'session_revoked', mint: () => issuer.mint(), bring: () => store.revokeAll() },
  ])('accepts $code, as a response and as a decision', async ({ code, mint, bring }) => {
    const mandate = await mint()
    bring?.()
    try {
      const response = await call(mandate)
      const body = await expectDenied(response, code)
      expect(body).toEqual(await response.json())
      expect(body.error).toBe(code)
      const denial = await expectDenied(await verifier.authorize(requestWith(mandate)), code)
      expect(denial).toMatchObject({ outcome: 'deny', code })
    } finally {
      store.recover()
    }
  })

  it('says which code came instead, and what its hint says', async () => {
    const mandate = await issuer.mint({ scopes: [] })
    const message = await messageOf(
      call(mandate).then((response) => expectDenied(response, 'session_revoked')),
    )
    expect(message).toMatch(
      /^Expected a refusal with session_revoked \(401\), but .* insufficient_scope \(403\)/,
    )
    expect(message).toContain('every scope that "scope" lists')
    expect(message).toContain('where scope is "')
    const decision = verifier.authorize(requestWith(mandate))
    expect(await messageOf(decision.then((made) => expectDenied(made, 'session_revoked')))).toContain(
      'the denial is insufficient_scope',
    )
    for (const part of mandate.split('.')) expect(message).not.toContain(part)
  })

  it('says that the request was admitted', async () => {
    const mandate = await issuer.mint()
    expect(await messageOf(expectDenied(await call(mandate), 'invalid_token'))).toContain('was admitted: 200')
    const decisions = [requestWith(mandate), requestWith(undefined, '/health')].map((request) =>
      verifier.authorize(request),
    )
    const messages = decisions.map(async (made) => messageOf(expectDenied(await made, 'invalid_token')))
    expect(await Promise.all(messages)).toEqual([
      expect.stringContaining('the decision is admit'),
      expect.stringContaining('the decision is skip'),
    ])
  })

  const denial = denialResponse({
    outcome: 'deny',
    code: 'insufficient_scope',
    status: 403,
    description: 'd',
    hint: 'h',
    reason: 'insufficient_scope',
    requiredScopes: ['read'],
    retryAfterSeconds: undefined,
    fault: undefined,
  })
  const changed = async (change: {
    status?: number
    headers?: Record<string, string | null>
    body?: object
  }) => {
    const headers = new Headers(denial.headers)
    for (const [name, value] of Object.entries(change.headers ?? {})) {
      if (value === null) headers.delete(name)
      else headers.set(name, value)
    }
    const body = { ...((await denial.clone().json()) as object), ...change.body }
    return new Response(JSON.stringify(body), { status: change.status ?? 403, headers })
  }

  it.each([
    { wrong: 'the status', change: { status: 401 }, says: 'has status 403, not 401' },
    { wrong: 'no challenge', change: { headers: { 'www-authenticate': null } }, says: 'has a challenge' },
    { wrong: 'another scheme', change: { headers: { 'www-authenticate': 'Basic' } }, says: 'one for Bearer' },
    {
      wrong: 'no scopes in the challenge',
      change: { headers: { 'www-authenticate': 'Bearer error="insufficient_scope"' } },
      says: 'lists all scopes',
    },
    { wrong: 'no error in it', change: { headers: { 'www-authenticate': 'Bearer' } }, says: 'has error=' },
    { wrong: 'a cache', change: { headers: { 'cache-control': 'max-age=60' } }, says: 'no-store' },
    { wrong: 'a type', change: { headers: { 'content-type': 'text/html' } }, says: 'application/json' },
    { wrong: 'Retry-After', change: { headers: { 'retry-after': '5' } }, says: 'only a 503' },
    { wrong: 'no scope', change: { body: { scope: undefined } }, says: 'the members of the body' },
    { wrong: 'another member', change: { body: { stack: 'at x' } }, says: 'the members of the body' },
    { wrong: 'an empty scope', change: { body: { scope: '' } }, says: 'lists all scopes' },
    { wrong: 'a hint that is no text', change: { body: { error_hint: 7 } }, says: 'are texts' },
  ])('notices $wrong', async ({ change, says }) => {
    expect(await messageOf(expectDenied(await changed(change), 'insufficient_scope'))).toContain(says)
  })

  it('notices an answer that no guard made', async () => {
    const page = new Response('<html>', { status: 403 })
    expect(await messageOf(expectDenied(page, 'insufficient_scope'))).toContain(
      'without a code of the protocol',
    )
  })
})

describe('expectAdmitted', () => {
  it('gives the response unread, and the mandate of a decision', async () => {
    const mandate = await issuer.mint()
    expect(await (await expectAdmitted(await call(mandate))).text()).toBe('handled')
    expect(await expectAdmitted(await verifier.authorizeToken(mandate))).toMatchObject({ sub: 'user-1' })
  })

  it('says why it was refused', async () => {
    const message = await messageOf(call().then(expectAdmitted))
    expect(message).toContain('missing_token (401). Get a mandate')
    const decision = verifier.authorizeToken(await issuer.mint({ expired: true }))
    expect(await messageOf(decision.then((made) => expectAdmitted(made)))).toContain(
      'invalid_token (expired)',
    )
  })

  it('is not content with an excluded path', async () => {
    const decision = await verifier.authorize(requestWith(undefined, '/health'))
    expect(await messageOf(expectAdmitted(decision))).toContain('nothing was verified')
  })

  it.each([401, 403, 500, 503])('never takes a %i for an admission', async (status) => {
    const message = await messageOf(expectAdmitted(new Response('no', { status })))
    expect(message).toContain(`a ${status} without a code`)
  })

  it.each([200, 204, 302, 404, 429])('takes a %i of the handler', async (status) => {
    const response = new Response(null, { status })
    expect(await expectAdmitted(response)).toBe(response)
  })
})

describe('both', () => {
  it.each([undefined, null, 'denied', {}, { outcome: 'maybe' }, Promise.resolve()])(
    'refuse %s loudly',
    async (came) => {
      await expect(expectDenied(came as never, 'invalid_token')).rejects.toThrow(TypeError)
      await expect(expectAdmitted(came as never)).rejects.toThrow(TypeError)
    },
  )

  it('say that a promise must be awaited', async () => {
    expect(await messageOf(expectAdmitted(call() as never))).toContain('await it first')
  })

  it.each(['toString', 'denied', undefined])('refuse %s as a code', async (code) => {
    await expect(expectDenied(await call(), code as never)).rejects.toThrow('a code of the protocol')
  })

  it('say that a body has been read', async () => {
    const response = await call()
    await response.text()
    expect(await messageOf(expectDenied(response, 'missing_token'))).toContain('has been read')
    expect(await messageOf(expectAdmitted(response))).toContain('has been read')
  })
})
