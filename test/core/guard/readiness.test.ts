// `verifier.check()`: whether requests would find keys and store, without asking for more than they do.

import { createMandateVerifier, type RevocationQuery, RevocationUnavailableError } from 'caracal-edge'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { CLEAN, recordingStore } from '../support/recording-store.ts'
import { scriptedIssuer } from '../support/scripted-issuer.ts'

holdClock()
afterEach(() => {
  vi.restoreAllMocks()
})

const READY = { ok: true, keys: { ok: true }, store: { ok: true } }

it('is ready where both are, and asks the store one question about nobody', async () => {
  const sts = scriptedIssuer()
  const revocations = recordingStore()
  const onDecision = vi.fn()
  const verifier = sts.guard({ revocations, onDecision })
  const report = await verifier.check()
  expect(report).toEqual(READY)
  expect([report, report.keys, report.store].every((part) => Object.isFrozen(part))).toBe(true)
  expect(revocations.queries).toEqual([{ anchors: [expect.any(String)], zoneId: 'zone-1' }])
  expect(revocations.queries[0]?.anchors[0]).not.toMatch(/^[\da-f-]{36}$/)
  expect(onDecision).not.toHaveBeenCalled()
  expect(await verifier.require({ requireAgent: true }).check()).toEqual(READY)
})

it('names what is wrong with the keys, for the operator, and logs nothing', async () => {
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const sts = scriptedIssuer()
  sts.answer(async () => new Response('hunter2', { status: 502 }))
  const report = await sts.guard().check()
  expect(report).toMatchObject({
    ...{ ok: false, store: { ok: true } },
    keys: { ok: false, fault: 'status', explanation: expect.stringMatching(/sts\.test.*status 502.*Check/) },
  })
  expect(JSON.stringify(report)).not.toContain('hunter2')
  expect(log).not.toHaveBeenCalled()
})

describe('the store is not ready', () => {
  it.each<[string, (query: RevocationQuery) => unknown, string]>([
    ['throws', () => Promise.reject(new TypeError('hunter2')), 'failed'],
    [
      'throws at once',
      () => {
        throw new TypeError('hunter2')
      },
      'failed',
    ],
    ['is out of reach', () => Promise.reject(new RevocationUnavailableError('network')), 'network'],
    ['answers anything', () => ({ revoked: 'no' }), 'malformed'],
    ['answers nothing', () => undefined, 'malformed'],
    ['has an impossible epoch', () => ({ revoked: false, delegationEpoch: -1 }), 'malformed'],
    ['has revoked what nobody has', () => ({ ...CLEAN, revoked: true }), 'malformed'],
  ])('if it %s', async (_, answer, fault) => {
    const report = await scriptedIssuer()
      .guard({ revocations: recordingStore(answer) })
      .check()
    expect(report).toMatchObject({ ok: false, keys: { ok: true }, store: { ok: false, fault } })
    expect(JSON.stringify(report)).not.toContain('hunter2')
  })

  it('if it does not answer in time', async () => {
    const hanging = recordingStore(() => new Promise(() => {}))
    const checking = scriptedIssuer().guard({ revocations: hanging, storeTimeoutMs: 200 }).check()
    await vi.waitFor(() => expect(hanging.queries).toHaveLength(1))
    later(200)
    expect(await checking).toMatchObject({ ok: false, store: { ok: false, fault: 'timeout' } })
  })

  it('if only that of a route is not', async () => {
    const down = recordingStore(() => Promise.reject(new RevocationUnavailableError('stale')))
    const report = await scriptedIssuer()
      .guard({ revocations: recordingStore(), routes: { '/a': { revocations: down } } })
      .check()
    expect(report).toMatchObject({ ok: false, store: { ok: false, fault: 'stale' } })
  })
})

describe('asked every second, the STS is asked no more than requests ask it:', () => {
  async function everySecond(
    sts: ReturnType<typeof scriptedIssuer>,
    seconds: number,
    check: () => Promise<{ keys: { ok: boolean } }>,
  ) {
    const before = sts.requests.length
    const seen = new Set<boolean>()
    for (let second = 0; second < seconds; second++) {
      seen.add((await check()).keys.ok)
      later(1_000)
    }
    return { fetches: sts.requests.length - before, seen: [...seen] }
  }

  it('once, while the keys are fresh', async () => {
    const sts = scriptedIssuer()
    const verifier = sts.guard()
    expect(await everySecond(sts, 200, () => verifier.check())).toEqual({ fetches: 1, seen: [true] })
  })

  it('within the pauses of an outage, which tells the last failure meanwhile', async () => {
    const sts = scriptedIssuer()
    sts.fail()
    const verifier = sts.guard()
    const { fetches, seen } = await everySecond(sts, 200, () => verifier.check())
    expect(seen).toEqual([false])
    expect(fetches).toBeLessThan(30)
    sts.serve()
    later(45_000)
    expect(await verifier.check()).toEqual(READY)
  })

  it('while old keys may be used it is ready, as requests are', async () => {
    const sts = scriptedIssuer()
    const verifier = sts.guard()
    await verifier.check()
    sts.fail()
    later(301_000)
    expect(await verifier.check()).toEqual(READY)
    expect((await verifier.authorizeToken(await sts.mint())).outcome).toBe('admit')
    later(300_000)
    expect(await verifier.check()).toMatchObject({ ok: false, keys: { ok: false, fault: 'network' } })
    expect((await verifier.authorizeToken(await sts.mint())).outcome).toBe('deny')
  })

  it('of several zones, each: one that has no keys is not ready', async () => {
    const sts = scriptedIssuer()
    sts.answer(async (url) =>
      url.includes('zone-2') ? new Response(null, { status: 404 }) : Response.json(await sts.jwks()),
    )
    const verifier = sts.guard({ expectedZoneId: ['zone-1', 'zone-2'] })
    expect(await verifier.check()).toMatchObject({ keys: { ok: false, fault: 'status' } })
  })
})

it('needs nothing with keys at hand', async () => {
  const sts = scriptedIssuer()
  const verifier = createMandateVerifier({ ...sts.options, keySet: { jwks: await sts.jwks() } })
  expect(await verifier.check()).toEqual(READY)
  expect(sts.requests).toEqual([])
})
