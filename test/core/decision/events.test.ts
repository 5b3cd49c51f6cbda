// `onDecision`: told of every decision once, in a form that holds no secret and that changes nothing.

import { type CaracalOptions, createMandateVerifier, type DecisionEvent, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { anonymous, bearer } from '../support/requests.ts'

const issuer = createTestIssuer()

afterEach(() => {
  vi.restoreAllMocks()
})

/** What a guard announced about these requests. */
async function announced(options: Partial<CaracalOptions>, ...requests: readonly Request[]) {
  const onDecision = vi.fn((_: DecisionEvent, __: Request | undefined) => {})
  const guarded = withCaracal(() => new Response(), { ...issuer.options, ...options, onDecision })
  for (const request of requests) await guarded(request)
  return onDecision.mock.calls
}

describe('an event', () => {
  it('of an admission names subject, application, zone and mandate, and nothing else', async () => {
    const token = await issuer.mint({ sub: 'user-7', client_id: 'app-7', jti: 'jti-7' })
    const [call] = await announced({}, bearer(token))
    expect(call?.[0]).toStrictEqual({
      outcome: 'admit',
      sub: 'user-7',
      clientId: 'app-7',
      zoneId: 'zone-1',
      jti: 'jti-7',
    })
  })

  it('of a refusal has its code, status and reason, and nothing else', async () => {
    const [call] = await announced({}, bearer(await issuer.mint({ expired: true })))
    expect(call?.[0]).toStrictEqual({
      outcome: 'deny',
      code: 'invalid_token',
      status: 401,
      reason: 'expired',
      fault: undefined,
    })
  })

  it('of an outage says what failed', async () => {
    const revocations = { lookup: () => ({ revoked: 'no' }) as never }
    const [call] = await announced({ revocations }, bearer(await issuer.mint()))
    expect(call?.[0]).toStrictEqual({
      outcome: 'deny',
      code: 'revocation_unavailable',
      status: 503,
      reason: 'revocation_unavailable',
      fault: 'malformed',
    })
  })

  it('of an excluded path says only that', async () => {
    const [call] = await announced({ exclude: ['/open'] }, anonymous('/open'))
    expect(call?.[0]).toStrictEqual({ outcome: 'skip' })
  })

  it('of something that no step foresaw is a server_error', async () => {
    vi.spyOn(console, 'error').mockReturnValue()
    const [call] = await announced({}, {} as Request)
    expect(call?.[0]).toMatchObject({ outcome: 'deny', code: 'server_error', status: 500 })
  })

  it('is frozen, and comes with the very request', async () => {
    const requests = [bearer(await issuer.mint()), anonymous(), anonymous('/open')]
    const calls = await announced({ exclude: ['/open'] }, ...requests)
    expect(calls).toHaveLength(3)
    for (const [index, [event, request]] of calls.entries()) {
      expect(Object.isFrozen(event)).toBe(true)
      expect(request).toBe(requests[index])
    }
  })

  it('holds nothing of the token or its anchors', async () => {
    const anchors = {
      sid: 'sid-7',
      root_sid: 'root-7',
      agent_session_id: 'agent-7',
      delegation_edge_id: 'edge-7',
    }
    const good = await issuer.mint(anchors)
    const bad = await issuer.mint({ ...anchors, expired: true })
    const events = JSON.stringify((await announced({}, bearer(good), bearer(bad))).map(([event]) => event))
    for (const secret of [...Object.values(anchors), ...good.split('.'), ...bad.split('.')]) {
      expect(events).not.toContain(secret)
    }
  })
})

describe('every decision is announced once', () => {
  it('also by a verifier, for requests and for tokens, which have no request', async () => {
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

  it('also with requirements on top, by their result alone', async () => {
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

describe('an observer that fails changes no answer:', () => {
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
    const onDecision = observer as NonNullable<CaracalOptions['onDecision']>
    const guarded = withCaracal(() => new Response('handled'), { ...issuer.options, onDecision })
    const admitted = await guarded(bearer(await issuer.mint()))
    expect([admitted.status, await admitted.text()]).toEqual([200, 'handled'])
    expect((await guarded(anonymous())).status).toBe(401)
    await vi.waitFor(() => expect(log).toHaveBeenCalledTimes(2))
    for (const [line] of log.mock.calls) {
      expect(line).toMatch(/^caracal-edge: onDecision threw (RangeError|TypeError|Error|string|object)$/)
    }
  })

  it('it never settles', async () => {
    const onDecision = (() => new Promise(() => {})) as unknown as () => void
    const guarded = withCaracal(() => new Response(), { ...issuer.options, onDecision })
    expect((await guarded(bearer(await issuer.mint()))).status).toBe(200)
  })
})

/** A Proxy of which every reading throws, `instanceof` too. */
function unreadable(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}
