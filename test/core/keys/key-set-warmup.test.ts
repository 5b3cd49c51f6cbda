// Warming up: the key sets are fetched before the first request.

import { KeySetUnavailableError, withCaracal } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { requestWith, scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

holdClock()

describe('warmup()', () => {
  it('fetches the key set, so that the first request does not', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    await guard.warmup()
    expect(sts.requests).toHaveLength(1)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(sts.requests).toHaveLength(1)
  })

  it('also exists on a guarded handler', async () => {
    const sts = scriptedIssuer()
    const guarded = withCaracal(() => new Response('hello'), sts.options)
    await guarded.warmup()
    expect((await guarded(requestWith(await sts.mint()))).status).toBe(200)
    expect(sts.requests).toHaveLength(1)
  })

  it('fetches nothing while the key set is fresh, one after another or at the same time', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    await Promise.all([guard.warmup(), guard.warmup()])
    await guard.warmup()
    expect(sts.requests).toHaveLength(1)
  })

  it('fetches a key set again if it is no longer fresh', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { maxAgeMs: 10_000 } })
    await guard.warmup()
    later(10_000)
    await guard.warmup()
    expect(sts.requests).toHaveLength(2)
  })

  it('fetches for every zone and every issuer of the routes, once each', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({
      expectedZoneId: ['zone-1', 'zone-2'],
      routes: {
        '/same': { requiredScopes: ['read'] },
        '/zone': { expectedZoneId: 'zone-3' },
        '/issuer': { issuer: 'https://other.test' },
      },
    })
    await guard.warmup()
    expect(sts.requests.map(({ url }) => url.replace('/.well-known/jwks.json?zone_id=', ' ')).sort()).toEqual(
      [
        'https://other.test zone-1',
        'https://other.test zone-2',
        'https://sts.test zone-1',
        'https://sts.test zone-2',
        'https://sts.test zone-3',
      ],
    )
  })

  it('rejects with a KeySetUnavailableError if the issuer cannot be reached', async () => {
    const sts = scriptedIssuer()
    sts.fail()
    const error = await sts
      .guard({ keySet: { cooldownMs: 7_000 } })
      .warmup()
      .catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(KeySetUnavailableError)
    expect(error).toMatchObject({ name: 'KeySetUnavailableError', fault: 'network', retryAfterSeconds: 1 })
  })

  it('rejects if the keys of one of several zones cannot be fetched; the guard works for the others', async () => {
    const sts = scriptedIssuer()
    sts.answer(async (url) =>
      url.endsWith('zone-2') ? new Response('', { status: 404 }) : Response.json(await sts.jwks()),
    )
    const guard = sts.guard({ expectedZoneId: ['zone-1', 'zone-2'] })
    await expect(guard.warmup()).rejects.toMatchObject({ fault: 'status' })
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(await verdict(guard, await sts.mint({ claims: { zone_id: 'zone-2' } }))).toBe('keys_unavailable')
  })

  it('does not hammer an issuer that is out of reach: the pauses hold for it as well', async () => {
    const sts = scriptedIssuer()
    sts.fail()
    const guard = sts.guard({ keySet: { cooldownMs: 7_000 } })
    for (const wait of [0, 0, 149]) {
      later(wait)
      await expect(guard.warmup()).rejects.toBeInstanceOf(KeySetUnavailableError)
    }
    expect(sts.requests).toHaveLength(1)
  })

  it('that failed leaves a guard that works when the issuer works again', async () => {
    const sts = scriptedIssuer()
    sts.fail()
    const guard = sts.guard({ keySet: { cooldownMs: 7_000 } })
    await guard.warmup().catch(() => {})
    sts.serve()
    later(7_000)
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })
})
