// `credentialHeader`: the bare token from that header, and from nowhere else.

import { type CaracalOptions, createMandateVerifier, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { caracal, requireMandate } from 'caracal-edge/hono'
import { createTestIssuer } from 'caracal-edge/testing'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { parseChallenge } from '../support/challenge.ts'
import { anonymous, bearer } from '../support/requests.ts'
import { codeOf, runGuard } from '../support/run-guard.ts'
import { closingOf, isWorkerd, upgrading } from '../support/upgrade.ts'

const HEADER = 'X-Caracal-Identity'
const issuer = createTestIssuer()
const token = await issuer.mint()
const options: CaracalOptions = { ...issuer.options, credentialHeader: HEADER }

const withHeaders = (...headers: readonly (readonly [name: string, value: string])[]) => {
  const all = new Headers()
  for (const [name, value] of headers) all.append(name, value)
  return anonymous('/x', { headers: all })
}

async function answerTo(request: Request, given = options): Promise<unknown> {
  const outcome = await runGuard(given, request)
  return codeOf(outcome) ?? outcome.text
}

describe('the mandate is read', () => {
  it.each([HEADER, HEADER.toLowerCase(), HEADER.toUpperCase()])('from the header %s', async (name) => {
    expect(await answerTo(withHeaders([name, token]))).toBe('handled')
    expect(await answerTo(withHeaders([HEADER, token]), { ...options, credentialHeader: name })).toBe(
      'handled',
    )
  })

  it.each([
    ['Authorization', `Bearer ${token}`],
    ['Authorization', token],
    ['X-Caracal-Identity-2', token],
    ['Cookie', `${HEADER}=${token}`],
    ['Cookie', token],
    ['Sec-WebSocket-Protocol', token],
    [HEADER, ''],
    [HEADER, '   '],
  ])('not from %s: %s', async (name, value) => {
    expect(await answerTo(withHeaders([name, value]))).toBe('missing_token')
  })

  it('not from the query', async () => {
    expect(await answerTo(anonymous(`/x?${HEADER}=${token}&access_token=${token}`))).toBe('missing_token')
  })

  it('whatever Authorization holds', async () => {
    const revoked = await issuer.mint()
    await issuer.revoke(revoked)
    for (const other of [`Bearer ${revoked}`, 'Bearer bad', 'Basic eDp5', '']) {
      expect(await answerTo(withHeaders([HEADER, token], ['Authorization', other]))).toBe('handled')
    }
    expect(await answerTo(withHeaders([HEADER, revoked], ['Authorization', `Bearer ${token}`]))).toBe(
      'session_revoked',
    )
    expect(await answerTo(withHeaders([HEADER, 'bad'], ['Authorization', `Bearer ${token}`]))).toBe(
      'invalid_token',
    )
  })
})

describe('the header holds the token alone', () => {
  it.each([
    `Bearer ${token}`,
    `bearer ${token}`,
    `"${token}"`,
    `${token},`,
    `${token};v=1`,
    `token=${token}`,
    `${token} ${token}`,
  ])('and not %s', async (value) => {
    expect(await answerTo(withHeaders([HEADER, value]))).toBe('invalid_token')
  })

  it.each([
    ['a good one first', [token, 'bad']],
    ['a good one last', ['bad', token]],
    ['the same one twice', [token, token]],
  ])('and only once: %s', async (_, [first = '', second = '']) => {
    expect(await answerTo(withHeaders([HEADER, first], [HEADER, second]))).toBe('invalid_token')
  })
})

it.each(['Authorization', 'authorization', 'AUTHORIZATION'])(
  'the name %s is the default, scheme and all',
  async (credentialHeader) => {
    const given = { ...options, credentialHeader }
    expect(await answerTo(bearer(token), given)).toBe('handled')
    expect(await answerTo(withHeaders(['Authorization', token]), given)).toBe('missing_token')
    expect(await answerTo(withHeaders([HEADER, token]), given)).toBe('missing_token')
  },
)

it('no other guard reads it', async () => {
  expect(await answerTo(withHeaders([HEADER, token]), issuer.options)).toBe('missing_token')
})

it('the refusal names the header, with the challenge of any other', async () => {
  const [own, usual] = await Promise.all(
    [options, issuer.options].map((given) => withCaracal(() => new Response(), given)(anonymous())),
  )
  const body = (await own?.json()) as Record<string, unknown>
  expect(body).toMatchObject({ error: 'missing_token', error_hint: expect.stringContaining(`"${HEADER}"`) })
  expect(body.error_hint).not.toMatch(/Bearer|Authorization/)
  expect(await usual?.text()).toContain('Authorization: Bearer')
  const challenge = own?.headers.get('www-authenticate') ?? ''
  expect(challenge).toBe(usual?.headers.get('www-authenticate'))
  expect(parseChallenge(challenge).scheme).toBe('Bearer')
})

const ADAPTERS: readonly { readonly name: string; readonly fetch: (request: Request) => unknown }[] = [
  { name: 'withCaracal', fetch: withCaracal(() => new Response('reached'), options) },
  {
    name: 'withCaracal with an options function',
    fetch: withCaracal(
      () => new Response('reached'),
      () => options,
    ),
  },
  { name: 'guardFetch', fetch: guardFetch({ fetch: () => new Response('reached') }, options).fetch },
  {
    name: 'Hono',
    fetch: new Hono()
      .use(caracal(options))
      .get('/x', requireMandate({ requiredScopes: ['read'] }), (c) => c.text('reached')).fetch,
  },
]

describe.each(ADAPTERS)('$name', ({ fetch }) => {
  const outcomeOf = async (request: Request) => {
    const response = (await fetch(request)) as Response
    return response.status === 101 ? closingOf(response) : [response.status]
  }

  it('admits by that header, and not by Authorization', async () => {
    expect(await outcomeOf(withHeaders([HEADER, token]))).toEqual([200])
    expect(await outcomeOf(bearer(token))).toEqual([401])
  })

  it('does so for a WebSocket too', async () => {
    expect(await outcomeOf(upgrading(withHeaders([HEADER, token])))).toEqual([200])
    const refused = isWorkerd ? [1008, 'missing_token'] : [401]
    expect(await outcomeOf(upgrading(bearer(token)))).toEqual(refused)
  })
})

it('a verifier reads it, and takes a token that comes without a request as ever', async () => {
  const verifier = createMandateVerifier(options)
  const outcomes = [
    await verifier.authorize(withHeaders([HEADER, token])),
    await verifier.require({ requiredScopes: ['read'] }).authorize(withHeaders([HEADER, token])),
    await verifier.authorizeToken(token),
    await verifier.authorize(bearer(token)),
  ].map(({ outcome }) => outcome)
  expect(outcomes).toEqual(['admit', 'admit', 'admit', 'deny'])
})
