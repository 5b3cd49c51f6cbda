// Which request a mandate belongs to: the object that a guard admitted, and nothing that a client could send.

import { mandateOf, withCaracal } from 'caracal-edge'
import { guardFetch } from 'caracal-edge/fetch'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()
const ok = () => new Response('ok')

describe('mandateOf gives', () => {
  it('the mandate of the request that was admitted, the same as in the context', async () => {
    const request = bearer(await issuer.mint({ claims: { sub: 'user-7' } }))
    const guarded = withCaracal(
      (incoming, { caracal }) => Response.json(mandateOf(incoming) === caracal),
      issuer.options,
    )
    expect(await (await guarded(request)).json()).toBe(true)
    expect(mandateOf(request)?.sub).toBe('user-7')
  })

  it('nothing for a copy of that request', async () => {
    const request = bearer(await issuer.mint())
    await withCaracal(ok, issuer.options)(request)
    expect(mandateOf(request.clone())).toBeUndefined()
    expect(mandateOf(new Request(request))).toBeUndefined()
  })

  it('nothing for a refused request or on an excluded path', async () => {
    const refused = bearer(await issuer.mint({ expired: true }))
    const excluded = bearer(await issuer.mint(), '/open')
    const guarded = withCaracal(ok, { ...issuer.options, exclude: ['/open'] })
    expect([(await guarded(refused)).status, (await guarded(excluded)).status]).toEqual([401, 200])
    expect([mandateOf(refused), mandateOf(excluded)]).toEqual([undefined, undefined])
  })

  it('nothing inside a guard that excludes the path, even if an outer guard has verified a mandate', async () => {
    const seen: unknown[] = []
    const inner = { ...issuer.options, exclude: ['/open'] }
    const look = (request: Request) => {
      seen.push(mandateOf(request))
      return new Response('ok')
    }
    for (const guarded of [withCaracal(look, inner), guardFetch({ fetch: look }, inner).fetch]) {
      const outer = withCaracal((request) => guarded(request), issuer.options)
      expect((await outer(bearer(await issuer.mint(), '/open'))).status).toBe(200)
      expect((await outer(bearer(await issuer.mint({ claims: { sub: 'user-8' } }), '/x'))).status).toBe(200)
    }
    const user8 = expect.objectContaining({ sub: 'user-8' })
    expect(seen).toEqual([undefined, user8, undefined, user8])
  })

  it('nothing for a request that no guard has seen', async () => {
    expect(mandateOf(bearer(await issuer.mint()))).toBeUndefined()
  })

  it('nothing for what is no request, from code without types', () => {
    const given: unknown[] = [undefined, null, 'a request', {}]
    expect(given.map((value) => mandateOf(value as Request))).toEqual(given.map(() => undefined))
  })

  it('the mandate of a request that is frozen', async () => {
    const request = Object.freeze(bearer(await issuer.mint()))
    expect((await withCaracal(ok, issuer.options)(request)).status).toBe(200)
    expect(mandateOf(request)?.sub).toBe('user-1')
  })

  it('nothing for the object that a Proxy of a request stands for', async () => {
    const request = bearer(await issuer.mint())
    const get = (of: Request, name: string) => Reflect.get(of, name)
    const proxy = new Proxy(request, { get })
    expect((await withCaracal(ok, issuer.options)(proxy)).status).toBe(200)
    expect([mandateOf(proxy)?.sub, mandateOf(request)]).toEqual(['user-1', undefined])
  })
})

describe('a request that passes a guard twice (concurrency-isolation-14)', () => {
  it('is verified twice by a guard within a guard', async () => {
    const lookup = vi.fn(() => ({ revoked: false, delegationEpoch: 0 }))
    const options = { ...issuer.options, revocations: { lookup } }
    const twice = withCaracal(withCaracal(ok, options), options)
    expect((await twice(bearer(await issuer.mint()))).status).toBe(200)
    expect(lookup).toHaveBeenCalledTimes(2)
  })

  it('is refused by the inner guard for what only that one requires', async () => {
    const inner = withCaracal(ok, { ...issuer.options, requiredScopes: ['admin'] })
    const twice = withCaracal(inner, issuer.options)
    expect((await twice(bearer(await issuer.mint()))).status).toBe(403)
  })

  it('is verified again the second time, so that a revocation in between counts', async () => {
    const token = await issuer.mint()
    const request = bearer(token)
    const guarded = withCaracal(ok, issuer.options)
    expect((await guarded(request)).status).toBe(200)
    await issuer.revoke(token)
    expect((await guarded(request)).status).toBe(401)
  })

  it('has no mark of it that another request could copy', async () => {
    const request = bearer(await issuer.mint())
    const before = [Reflect.ownKeys(request), [...request.headers]]
    await withCaracal(ok, issuer.options)(request)
    expect([Reflect.ownKeys(request), [...request.headers]]).toEqual(before)
  })

  it.each([
    'x-caracal',
    'x-caracal-verified',
    'x-mandate',
    'x-middleware-subrequest',
    'cf-access-jwt-assertion',
  ])('does not count as verified because of its header %s', async (name) => {
    const claimed = anonymous('/x', { headers: { [name]: 'true' } })
    expect((await withCaracal(ok, issuer.options)(claimed)).status).toBe(401)
  })
})
