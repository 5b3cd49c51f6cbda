// `onDecision`: called once for every decision, with an event that contains no secret and cannot change anything.

import {
  type CaracalOptions,
  createMandateVerifier,
  type DecisionEvent,
  type DecisionObserver,
  withCaracal,
} from 'caracal-edge'
import { createTestIssuer, type MandateDepartures } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()

afterEach(() => {
  vi.restoreAllMocks()
})

/** The events of a guard for these requests. */
async function announced(options: Partial<CaracalOptions>, ...requests: readonly Request[]) {
  const onDecision = vi.fn((_: DecisionEvent, __: Request | undefined) => {})
  const guarded = withCaracal(() => new Response(), { ...issuer.options, ...options, onDecision })
  for (const request of requests) await guarded(request)
  return onDecision.mock.calls
}

/** What an event has where little is known. */
const details = {
  ...{ step: undefined, route: undefined, method: 'GET', hopCount: undefined, keyId: undefined },
  ...{ signatureRemembered: undefined, keysMs: undefined, signatureMs: undefined, storeMs: undefined },
  ...{ batchSize: undefined, requestId: undefined, traceparent: undefined, durationMs: expect.any(Number) },
}
/** Once a signature has been verified. */
const verified = {
  ...{ hopCount: 1, keyId: expect.any(String), signatureRemembered: false },
  ...{ signatureMs: expect.any(Number), keysMs: expect.toBeOneOf([undefined, expect.any(Number)]) },
}

describe('an event', () => {
  it('of an admission names subject, application, zone and mandate, and how it came about', async () => {
    const token = await issuer.mint({ claims: { sub: 'user-7', client_id: 'app-7', jti: 'jti-7' } })
    const [call] = await announced({}, bearer(token))
    expect(call?.[0]).toStrictEqual({
      ...details,
      ...verified,
      ...{ outcome: 'admit', storeMs: expect.any(Number) },
      sub: 'user-7',
      clientId: 'app-7',
      zoneId: 'zone-1',
      jti: 'jti-7',
    })
  })

  it('of a refusal has its code, status and reason, what it needed and whose mandate it was', async () => {
    const token = await issuer.mint({ claims: { sub: 'user-7', client_id: 'app-7', jti: 'jti-7' } })
    const [call] = await announced({ requiredScopes: ['admin'] }, bearer(token))
    expect(call?.[0]).toStrictEqual({
      ...details,
      ...verified,
      ...{ outcome: 'deny', step: 'requirements' },
      code: 'insufficient_scope',
      status: 403,
      reason: 'insufficient_scope',
      fault: undefined,
      requiredScopes: ['admin'],
      explanation: 'The mandate lacks a scope that this route requires.',
      ...{ sub: 'user-7', clientId: 'app-7', zoneId: 'zone-1', jti: 'jti-7' },
    })
  })

  it.each<[string, MandateDepartures, Partial<CaracalOptions>]>([
    ['expired', { expired: true }, {}],
    ['wrong_audience', { audience: 'resource://b' }, {}],
    ['wrong_issuer', {}, { routes: { '/x': { issuer: 'https://other-sts.test' } } }],
    ['agent_required', { agent: false }, { requireAgent: true }],
    ['revocation_unavailable', {}, { revocations: { lookup: () => ({}) as never } }],
  ])('of %s says whose mandate it was, since its signature is good', async (reason, departures, options) => {
    const keySet = { jwks: await issuer.jwks() }
    const token = await issuer.mint({ ...departures, claims: { sub: 'user-7', jti: 'jti-7' } })
    const all = reason === 'wrong_issuer' ? options : { ...options, keySet }
    const [call] = await announced(all, bearer(token, '/x'))
    expect(call?.[0]).toMatchObject({ reason, sub: 'user-7', clientId: 'app-1', jti: 'jti-7' })
  })

  it.each<[string, MandateDepartures]>([
    ['unknown_key', { key: 'unknown' }],
    ['bad_signature', { key: 'forged' }],
    ['invalid_claims', { claims: { sid: 7 } }],
  ])('of %s says of nobody that it was his: anybody could have written it', async (reason, departures) => {
    const [call] = await announced(
      {},
      bearer(await issuer.mint({ ...departures, claims: { ...departures.claims, sub: 'user-7' } })),
    )
    expect(call?.[0]).toMatchObject({ reason, sub: undefined, clientId: undefined, jti: undefined })
    expect(JSON.stringify(call?.[0])).not.toContain('user-7')
  })

  it('of an unknown key, as of every refusal, explains itself', async () => {
    const requests = [
      await issuer.mint({ key: 'unknown' }),
      await issuer.mint({ claims: { aud: 'x' } }),
      await issuer.mint({ expired: true }),
    ].map((token) => bearer(token))
    const events = (await announced({}, ...requests)).map(([event]) => event)
    expect(events.map((event) => event.outcome === 'deny' && event.explanation)).toEqual([
      expect.stringMatching(/no key with the kid of this token.*another zone or STS/),
      expect.stringContaining('CARACAL_AUDIENCE'),
      'The mandate has expired.',
    ])
  })

  it('of an outage says what failed, and has the error as a cause that is in no JSON', async () => {
    const failure = new TypeError('hunter2')
    const revocations = { lookup: () => Promise.reject(failure) }
    const [call] = await announced({ revocations }, bearer(await issuer.mint()))
    expect(call?.[0]).toMatchObject({
      ...{ outcome: 'deny', code: 'revocation_unavailable', status: 503, fault: 'failed' },
      explanation: expect.stringContaining('its lookup threw TypeError'),
      cause: failure,
    })
    expect(Object.keys(call?.[0] ?? {})).not.toContain('cause')
    expect(JSON.stringify(call?.[0])).not.toContain('hunter2')
  })

  it('of an excluded path says only that', async () => {
    const [call] = await announced({ exclude: ['/open'] }, anonymous('/open'))
    expect(call?.[0]).toStrictEqual({ ...details, outcome: 'skip', step: 'path' })
  })

  it('of something that no step foresaw is a server_error', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    const [call] = await announced({}, {} as Request)
    expect(call?.[0]).toMatchObject({ outcome: 'deny', code: 'server_error', status: 500 })
  })

  it('is frozen, and comes with the request itself', async () => {
    const requests = [bearer(await issuer.mint()), anonymous(), anonymous('/open')]
    const calls = await announced({ exclude: ['/open'] }, ...requests)
    expect(calls).toHaveLength(3)
    for (const [index, [event, request]] of calls.entries()) {
      expect(Object.isFrozen(event)).toBe(true)
      expect(request).toBe(requests[index])
    }
  })

  it('contains nothing of the token or its anchors', async () => {
    const anchors = {
      sid: 'sid-7',
      root_sid: 'root-7',
      agent_session_id: 'agent-7',
      delegation_edge_id: 'edge-7',
    }
    const good = await issuer.mint({ claims: anchors })
    const bad = await issuer.mint({ claims: anchors, expired: true })
    const events = JSON.stringify((await announced({}, bearer(good), bearer(bad))).map(([event]) => event))
    for (const secret of [...Object.values(anchors), ...good.split('.'), ...bad.split('.')]) {
      expect(events).not.toContain(secret)
    }
  })
})

describe('every decision is reported once', () => {
  it('by a verifier too, for requests and for tokens, which have no request', async () => {
    const onDecision = vi.fn()
    const verifier = createMandateVerifier({ ...issuer.options, onDecision })
    const request = bearer(await issuer.mint())
    await verifier.authorize(request)
    await verifier.authorizeToken('hunter2')
    expect(onDecision.mock.calls.map(([{ outcome }, seen]) => [outcome, seen])).toEqual([
      ['admit', request],
      ['deny', undefined],
    ])
  })

  it('with additional requirements too, only with the final result', async () => {
    const onDecision = vi.fn()
    const verifier = createMandateVerifier({ ...issuer.options, onDecision })
    const token = await issuer.mint()
    await verifier.authorize(bearer(token), { requiredScopes: ['admin'] })
    await verifier.authorizeToken(token, { requiredScopes: ['admin'] })
    await verifier.require({ requiredScopes: ['admin'] }).authorize(bearer(token))
    expect(onDecision.mock.calls.map(([{ code }]) => code)).toEqual(new Array(3).fill('insufficient_scope'))
  })

  it('before the handler runs', async () => {
    const order: string[] = []
    const handler = () => {
      order.push('handler')
      return new Response()
    }
    const onDecision = () => {
      order.push('event')
    }
    await withCaracal(handler, { ...issuer.options, onDecision })(bearer(await issuer.mint()))
    expect(order).toEqual(['event', 'handler'])
  })
})

describe('an observer that fails does not change the answer:', () => {
  const failing: Readonly<Record<string, () => unknown>> = {
    'it throws': () => {
      throw new RangeError('hunter2')
    },
    'it throws a text': () => {
      throw 'hunter2'
    },
    'it rejects': async () => {
      throw new RangeError('hunter2')
    },
    'it rejects later': async () => {
      await new Promise((resolve) => setTimeout(resolve, 1))
      throw new RangeError('hunter2')
    },
    'it throws what cannot be named': () => {
      throw Object.assign(new Error('hunter2'), { name: Symbol('hunter2') })
    },
    'it throws what cannot be read': () => {
      throw unreadable()
    },
    'it rejects with what cannot be read': async () => {
      throw unreadable()
    },
    'it changes the event': (event?: object) => Object.assign(event ?? {}, { outcome: 'admit' }),
  }

  it.each(Object.entries(failing))('%s', async (_, observer) => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const onDecision = observer as DecisionObserver
    const guarded = withCaracal(() => new Response('handled'), { ...issuer.options, onDecision })
    const admitted = await guarded(bearer(await issuer.mint()))
    expect([admitted.status, await admitted.text()]).toEqual([200, 'handled'])
    expect((await guarded(anonymous())).status).toBe(401)
    await vi.waitFor(() => expect(log).toHaveBeenCalled())
    await guarded(anonymous())
    await new Promise((resolve) => setTimeout(resolve, 5))
    // Not the calls themselves: what cannot be read cannot be compared.
    const calls = log.mock.calls.map(([line, ...details]) => [line, details.length])
    const line = /^caracal-edge: onDecision threw (RangeError|TypeError|Error|string|object):$/
    expect(calls, 'one line a minute').toEqual([[expect.stringMatching(line), 1]])
  })

  it('what it throws is logged as it is, with its stack', async () => {
    const log = vi.spyOn(console, 'error').mockReturnValue()
    const thrown = new RangeError('of the observer')
    const onDecision = () => {
      throw thrown
    }
    await withCaracal(() => new Response(), { ...issuer.options, onDecision })(anonymous())
    expect(log.mock.calls).toEqual([['caracal-edge: onDecision threw RangeError:', thrown]])
    expect(log.mock.calls[0]?.[1]).toBe(thrown)
  })

  it('it never settles', async () => {
    const onDecision = (() => new Promise(() => {})) as unknown as () => void
    const guarded = withCaracal(() => new Response(), { ...issuer.options, onDecision })
    expect((await guarded(bearer(await issuer.mint()))).status).toBe(200)
  })

  it('also where the console throws', async () => {
    const log = vi.spyOn(console, 'error').mockImplementation(() => {
      throw new Error('of the console')
    })
    const onDecision = () => {
      throw new RangeError('hunter2')
    }
    const guarded = withCaracal(() => new Response('handled'), { ...issuer.options, onDecision })
    expect((await guarded(bearer(await issuer.mint()))).status).toBe(200)
    expect(log).toHaveBeenCalledTimes(2)
  })
})

/** A Proxy that throws whenever it is read, even by `instanceof`. */
function unreadable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
