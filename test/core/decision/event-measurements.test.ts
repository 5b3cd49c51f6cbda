// What an event says of how long the decision took, and of the decisions after the admission.

import {
  authorityOf,
  type CaracalOptions,
  createMandateVerifier,
  type DecisionEvent,
  type RevocationQuery,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { anonymous, bearer, rawRequest } from '../support/requests.ts'
import { onlyEvent } from '../support/run-guard.ts'

const issuer = createTestIssuer()

afterEach(() => {
  vi.restoreAllMocks()
})

const eventOf = (options: Partial<CaracalOptions>, request: Request) =>
  onlyEvent({ ...issuer.options, ...options }, request)

describe('what is measured', () => {
  /** A clock that moves only where a test says so. */
  function heldClock() {
    let ms = 1_000
    const asked = vi.spyOn(performance, 'now').mockImplementation(() => ms)
    return {
      asked,
      passes(by: number) {
        ms += by
      },
    }
  }

  function slowGuard(clock: ReturnType<typeof heldClock>, onDecision?: (event: DecisionEvent) => void) {
    const fetch = async (url: string, init: RequestInit) => {
      clock.passes(30)
      return issuer.handler(new Request(url, init))
    }
    const lookup = async () => {
      await undefined
      clock.passes(7)
      return { revoked: false, delegationEpoch: 0 }
    }
    const options = { ...issuer.options, keySet: { fetch }, revocations: { lookup } }
    return createMandateVerifier({ ...options, ...(onDecision && { onDecision }) })
  }

  it('are the waiting for keys, the signature and the look-up, each where it happened', async () => {
    const clock = heldClock()
    const events: DecisionEvent[] = []
    const guard = slowGuard(clock, (event) => events.push(event))
    const verify = crypto.subtle.verify.bind(crypto.subtle)
    vi.spyOn(crypto.subtle, 'verify').mockImplementation((...given) => {
      clock.passes(2)
      return verify(...given)
    })
    const token = await issuer.mint()
    const [{ kid } = {}] = (await issuer.jwks()).keys
    await guard.authorizeToken(token)
    await guard.authorizeToken(token)
    await guard.authorizeToken(await issuer.mint())
    await guard.authorizeToken('x')
    const numbers = events.map((event) => [
      ...[event.keysMs, event.signatureMs, event.storeMs, event.durationMs],
      ...[event.keyId, event.signatureRemembered],
    ])
    expect(numbers).toEqual([
      [30, 2, 7, 39, kid, false],
      [undefined, undefined, 7, 7, kid, true],
      [undefined, 2, 7, 9, kid, false],
      [undefined, undefined, undefined, 0, undefined, undefined],
    ])
  })

  it('are the failures too: how long it waited for what did not come', async () => {
    const clock = heldClock()
    const failing = (ms: number) => () => {
      clock.passes(ms)
      return Promise.reject(new TypeError('fetch failed'))
    }
    const keys = await eventOf({ keySet: { fetch: failing(40) } }, bearer(await issuer.mint()))
    expect(keys).toMatchObject({
      reason: 'keys_unavailable',
      keysMs: 40,
      storeMs: undefined,
      keyId: undefined,
    })
    const store = await eventOf({ revocations: { lookup: failing(9) } }, bearer(await issuer.mint()))
    expect(store).toMatchObject({ reason: 'revocation_unavailable', storeMs: 9, durationMs: 9 })
    const forged = await issuer.mint({ key: 'forged' })
    expect(await eventOf({}, bearer(forged))).toMatchObject({
      ...{ reason: 'bad_signature', signatureMs: 0, keyId: undefined, signatureRemembered: undefined },
    })
  })

  it('is nothing, and the clock is not asked, if nobody listens', async () => {
    const clock = heldClock()
    const guard = slowGuard(clock)
    const token = await issuer.mint()
    clock.asked.mockClear()
    await guard.authorizeToken(token)
    await guard.authorizeToken(token)
    const request = bearer(token)
    await guard.authorize(request)
    await guard.authorizeToken('x')
    await withCaracal(() => new Response(), issuer.options)(request)
    await authorityOf(request)?.recheck()
    expect(clock.asked).not.toHaveBeenCalled()
  })

  it('ends in a refusal where the clock fails', async () => {
    vi.stubGlobal('performance', undefined)
    const guarded = withCaracal(() => new Response('handled'), { ...issuer.options, onDecision() {} })
    const { status } = await guarded(anonymous())
    vi.unstubAllGlobals()
    expect(status).toBe(500)
  })

  it('is no key where another verifier refuses what one has verified', async () => {
    const routes = { '/a': { issuer: 'https://other.test', expectedZoneId: 'zone-9' } }
    const other = createTestIssuer({ issuer: 'https://other.test', zoneId: 'zone-9' })
    const fetch = async (url: string, init: RequestInit) =>
      (url.startsWith('https://other.test') ? other : issuer).handler(new Request(url, init))
    const request = rawRequest('/x/..%2fa', await issuer.mint())
    const event = await eventOf({ routes, keySet: { fetch } }, request)
    expect(event).toMatchObject({
      ...{ outcome: 'deny', reason: 'unknown_key', signatureMs: expect.any(Number) },
      ...{ keyId: undefined, signatureRemembered: undefined, hopCount: undefined, sub: undefined },
    })
  })

  it('is that of both verifiers and stores, where a path has rules with their own', async () => {
    const clock = heldClock()
    const lookup = () => {
      clock.passes(5)
      return { revoked: false, delegationEpoch: 0 }
    }
    const revocations = { lookup }
    const shared = { revocations, routes: { '/x': { revocations } } }
    expect(await eventOf(shared, bearer(await issuer.mint(), '/X'))).toMatchObject({ storeMs: 5 })
    const both = { revocations, routes: { '/x': { revocations: { lookup } } } }
    expect(await eventOf(both, bearer(await issuer.mint(), '/X'))).toMatchObject({ storeMs: 10 })
  })
})

describe('the batch', () => {
  it.each(['a store in Redis', "a store of one's own that passes the query on to one"])(
    'of %s',
    async (which) => {
      const asked = vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, init) => {
        const [, ...keys]: string[] = JSON.parse(String(init?.body))
        await new Promise((resolve) => setTimeout(resolve, 10)) // so that some wait for a place
        return Response.json({ result: keys.map(() => null) })
      })
      const store = new UpstashRevocationStore({ url: 'https://redis.test', token: 'x' })
      const revocations =
        which === 'a store in Redis' ? store : { lookup: (query: RevocationQuery) => store.lookup(query) }
      const keySet = { jwks: await issuer.jwks() }
      const events: DecisionEvent[] = []
      const onDecision = (event: DecisionEvent) => events.push(event)
      const guard = createMandateVerifier({ ...issuer.options, keySet, revocations, onDecision })
      const tokens = await Promise.all(Array.from({ length: 12 }, () => issuer.mint()))
      for (const token of tokens) await guard.authorizeToken(token)
      expect(events.map(({ batchSize }) => batchSize)).toEqual(tokens.map(() => 1))
      asked.mockClear()
      events.length = 0
      await Promise.all(tokens.map((token) => guard.authorizeToken(token)))
      // Inside workerd, the requests of these tests share no I/O.
      if (!('WebSocketPair' in globalThis)) expect(asked.mock.calls.length).toBeLessThan(tokens.length)
      const shares = events.reduce((sum, { batchSize = 0 }) => sum + 1 / batchSize, 0)
      expect(shares).toBeCloseTo(asked.mock.calls.length)
    },
  )
})

describe('decisions after the admission say as much:', () => {
  it('requirements, a second check and a kept mandate', async () => {
    const events: DecisionEvent[] = []
    let revoked = false
    const options = {
      ...issuer.options,
      revocations: { lookup: async () => ({ revoked, delegationEpoch: 0 }) },
      routes: { '/payouts': {} },
      onDecision: (event: DecisionEvent) => events.push(event),
    }
    const headers = { 'x-request-id': 'request-7', traceparent: '' }
    const request = bearer(await issuer.mint(), '/payouts/7', { method: 'POST', headers })
    await withCaracal(() => new Response(), options)(request)
    const authority = authorityOf(request)
    if (authority === undefined) throw new Error('The request was refused.')
    authority.meets({ requiredScopes: ['admin'] })
    revoked = true
    await authority.recheck()
    await createMandateVerifier(options).recheck(authority.mandate)
    const ofRequest = { route: '/payouts', method: 'POST', requestId: 'request-7', hopCount: 1 }
    const unverified = { keyId: undefined, signatureRemembered: undefined, signatureMs: undefined }
    expect(events).toMatchObject([
      { outcome: 'admit', ...ofRequest, step: undefined, keyId: expect.any(String) },
      { reason: 'insufficient_scope', step: 'requirements', ...ofRequest, ...unverified, storeMs: undefined },
      {
        ...{ reason: 'session_revoked', step: 'revocation', ...ofRequest, ...unverified },
        ...{ storeMs: expect.any(Number), durationMs: expect.any(Number) },
      },
      {
        ...{ reason: 'session_revoked', step: 'revocation', ...unverified, storeMs: expect.any(Number) },
        ...{ route: undefined, method: undefined, requestId: undefined, hopCount: 1 },
      },
    ])
    expect(events.every((event) => Object.isFrozen(event))).toBe(true)
  })

  it('the end of an authority', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] })
    const events: DecisionEvent[] = []
    const options = {
      ...issuer.options,
      routes: { '/stream': {} },
      onDecision: (event: DecisionEvent) => events.push(event),
    }
    const request = bearer(await issuer.mint({ lifetimeSeconds: 60 }), '/stream')
    await withCaracal(() => new Response(), options)(request)
    const signal = authorityOf(request)?.signal()
    vi.advanceTimersByTime(61_000)
    vi.useRealTimers()
    expect(signal?.aborted).toBe(true)
    expect(events.slice(1)).toMatchObject([
      { reason: 'expired', step: 'expiry', route: '/stream', method: 'GET', durationMs: undefined },
    ])
  })
})
