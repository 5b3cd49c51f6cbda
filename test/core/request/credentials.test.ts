// Where a mandate can be: in one Authorization header with the scheme Bearer, for every method, and nowhere else.

import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'
import { codeOf, runGuard } from '../support/run-guard.ts'

const issuer = createTestIssuer()
const token = await issuer.mint()

async function answerTo(request: Request): Promise<unknown> {
  const outcome = await runGuard(issuer.options, request)
  return codeOf(outcome) ?? outcome.text
}

function withAuthorization(authorization: string): Request {
  return anonymous('/x', { headers: { authorization } })
}

describe('the Authorization header', () => {
  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('can spell the scheme %s', async (scheme) => {
    expect(await answerTo(withAuthorization(`${scheme} ${token}`))).toBe('handled')
  })

  it('can have several spaces before the token', async () => {
    expect(await answerTo(withAuthorization(`Bearer    ${token}`))).toBe('handled')
  })

  it.each([
    ['no header', undefined],
    ['an empty one', ''],
    ['the scheme alone', 'Bearer'],
    ['the scheme and blanks', 'Bearer    '],
    ['the token alone', token],
    ['no blank after the scheme', `Bearer${token}`],
    ['a colon after the scheme', `Bearer:${token}`],
    ['a tab after the scheme', `Bearer\t${token}`],
    ['another scheme', `Basic ${token}`],
    ['a scheme that ends like it', `XBearer ${token}`],
    ['a scheme that begins like it', `Bearers ${token}`],
    ['a scheme of the same length', `Beaver ${token}`],
    ['DPoP', `DPoP ${token}`],
  ])('contains no credential: %s', async (_, authorization) => {
    const request = authorization === undefined ? anonymous() : withAuthorization(authorization)
    expect(await answerTo(request)).toBe('missing_token')
  })

  it.each([
    ['quotes around the token', `Bearer "${token}"`],
    ['angle brackets around it', `Bearer <${token}>`],
    ['a comma behind it', `Bearer ${token},`],
    ['an equals sign before it', `Bearer =${token}`],
    ['a name before it', `Bearer token=${token}`],
    ['something behind it', `Bearer ${token} more`],
    ['the scheme twice', `Bearer Bearer ${token}`],
  ])('contains a credential that is not a mandate: %s', async (_, authorization) => {
    expect(await answerTo(withAuthorization(authorization))).toBe('invalid_token')
  })

  it.each([
    { title: 'a no-break space is not a blank', value: `Bearer \u00a0${token}`, code: 'invalid_token' },
    { title: 'blanks alone are not a token', value: 'Bearer    ', code: 'missing_token' },
    { title: 'a blank behind the token is part of it', value: `Bearer ${token} `, code: 'invalid_token' },
  ])('can have a value that no Headers object returns: $title', async ({ value, code }) => {
    const headers = { get: () => value }
    expect(await answerTo({ ...rawRequest('/x'), headers } as unknown as Request)).toBe(code)
  })

  it.each([
    { order: 'a good one first', lines: [`Bearer ${token}`, 'Bearer bad'] },
    { order: 'a good one last', lines: ['Bearer bad', `Bearer ${token}`] },
    { order: 'the same one twice', lines: [`Bearer ${token}`, `Bearer ${token}`] },
  ])('given several times is refused: $order', async ({ lines }) => {
    const headers = new Headers()
    for (const line of lines) headers.append('authorization', line)
    expect(await answerTo(anonymous('/x', { headers }))).toBe('invalid_token')
  })
})

describe('a mandate anywhere else does not count:', () => {
  it.each([
    'proxy-authorization',
    'x-authorization',
    'authentication',
    'x-forwarded-authorization',
    'x-auth-token',
  ])('in the header %s', async (name) => {
    expect(await answerTo(anonymous('/x', { headers: { [name]: `Bearer ${token}` } }))).toBe('missing_token')
  })

  it.each(['access_token', 'token', 'authorization', 'bearer_token', 'jwt'])(
    'in the query as %s',
    async (name) => {
      expect(await answerTo(anonymous(`/x?${name}=${token}`))).toBe('missing_token')
      expect(await answerTo(anonymous(`/x#${name}=${token}`))).toBe('missing_token')
    },
  )

  it('in a cookie', async () => {
    expect(await answerTo(anonymous('/x', { headers: { cookie: `access_token=${token}` } }))).toBe(
      'missing_token',
    )
  })

  it('in a form (RFC 6750 §2.2)', async () => {
    const body = new URLSearchParams({ access_token: token })
    const request = anonymous('/x', { method: 'POST', body })
    expect(await answerTo(request)).toBe('missing_token')
    expect(request.bodyUsed).toBe(false)
  })

  it('and has no effect beside a valid one', async () => {
    expect(await answerTo(bearer(token, '/x?access_token=hunter2'))).toBe('handled')
  })
})

describe('every method is verified:', () => {
  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'QUERY', 'PROPFIND', 'PURGE', 'GeT'])(
    '%s',
    async (method) => {
      const outcome = await runGuard(issuer.options, anonymous('/x', { method }))
      expect([outcome.status, outcome.handled]).toEqual([401, 0])
      const admitted = await runGuard(issuer.options, bearer(token, '/x', { method }))
      expect([admitted.status, admitted.handled]).toEqual([200, 1])
    },
  )

  it('HEAD is refused with the same status and headers as GET (response-hygiene-11)', async () => {
    const answers = ['GET', 'HEAD'].map(async (method) => {
      const { status, headers } = await runGuard(issuer.options, anonymous('/x', { method }))
      return [status, ...headers]
    })
    const [get, head] = await Promise.all(answers)
    expect(head).toEqual(get)
  })

  it('OPTIONS that looks like a preflight, with or without an override', async () => {
    const preflight = { origin: 'https://a.test', 'access-control-request-method': 'POST' }
    for (const headers of [preflight, { ...preflight, 'x-http-method-override': 'DELETE' }]) {
      expect(await answerTo(anonymous('/x', { method: 'OPTIONS', headers }))).toBe('missing_token')
    }
  })
})

describe('a WebSocket upgrade', () => {
  const upgrade = {
    upgrade: 'websocket',
    connection: 'Upgrade',
    'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
  }
  const options = { ...issuer.options, websocketDenial: 'http' } as const

  it('without a mandate is answered with a plain 401 before any handshake, with the option for it', async () => {
    const outcome = await runGuard(options, anonymous('/ws', { headers: upgrade }))
    expect([outcome.status, codeOf(outcome), outcome.handled]).toEqual([401, 'missing_token', 0])
    expect(outcome.headers.get('upgrade')).toBeNull()
  })

  it.each([
    { where: 'a subprotocol', path: '/ws', headers: { 'sec-websocket-protocol': `bearer, ${token}` } },
    { where: 'the query', path: `/ws?token=${token}`, headers: {} },
  ])('with one in $where counts as one without', async ({ path, headers }) => {
    const request = anonymous(path, { headers: { ...upgrade, ...headers } })
    expect(codeOf(await runGuard(options, request))).toBe('missing_token')
  })

  // websocket-06: the handler must close a socket when its mandate expires. The time is in the mandate.
  it('with one reaches the handler, which knows when it expires', async () => {
    const outcome = await runGuard(issuer.options, bearer(token, '/ws', { headers: upgrade }))
    expect([outcome.status, outcome.handled]).toEqual([200, 1])
  })
})
