// When the log gets a line about a 503: one a minute for each cause and store, and none where `onDecision` is given.

import { createMandateVerifier, type RevocationStore, withCaracal } from 'caracal-edge'
import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it, vi } from 'vitest'
import { later, setBack } from '../support/held-clock.ts'
import { MINUTE, watchLog } from '../support/outage-lines.ts'
import { bearer } from '../support/requests.ts'

const { log, lines } = watchLog()

describe('the log', () => {
  const issuer = createTestIssuer()
  const failing = (name = 'Error'): RevocationStore => ({
    lookup: () => Promise.reject(Object.assign(new Error('x'), { name })),
  })

  it('gets the same line again after a minute, and after the clock was set back', async () => {
    const revocations = failing()
    const guarded = withCaracal(() => new Response(), { ...issuer.options, revocations })
    const counts: number[] = []
    const token = await issuer.mint({ lifetimeSeconds: 3_600 })
    for (const wait of [0, MINUTE - 1, 1, MINUTE - 1, 1]) {
      later(wait)
      for (let count = 0; count < 50; count++) await guarded(bearer(token))
      counts.push(log().mock.calls.length)
    }
    setBack(30_000)
    await guarded(bearer(token))
    expect([...counts, log().mock.calls.length]).toEqual([1, 1, 2, 2, 3, 4])
  })

  it('gets one line for each cause', async () => {
    let at = 0
    const names = ['Error', 'RangeError', 'Error', 'TypeError', 'RangeError']
    const revocations = { lookup: () => failing(names[at++ % names.length]).lookup({} as never) }
    const verifier = createMandateVerifier({ ...issuer.options, revocations })
    const token = await issuer.mint()
    for (const _ of names) await verifier.authorizeToken(token)
    expect(lines().map((line) => /threw (\w+)/.exec(line)?.[1])).toEqual(['Error', 'RangeError', 'TypeError'])
  })

  it('gets a line for each of two stores that fail in the same way', async () => {
    const routes = { '/b': { revocations: failing() } }
    const guarded = withCaracal(() => new Response(), {
      ...issuer.options,
      revocations: failing(),
      routes,
    })
    for (const path of ['/a', '/b', '/a', '/b']) await guarded(bearer(await issuer.mint(), path))
    expect(lines()).toHaveLength(2)
  })

  it('is not filled by a cause that differs with every request, which takes no more memory either', async () => {
    const token = await issuer.mint()
    let at = 0
    const revocations = { lookup: () => failing(`Error${at++}`).lookup({} as never) }
    const verifier = createMandateVerifier({ ...issuer.options, revocations })
    for (let count = 0; count < 1_000; count++) await verifier.authorizeToken(token)
    const count = log().mock.calls.length
    expect(count).toBeGreaterThan(50)
    expect(count).toBeLessThanOrEqual(101)
    expect(lines().at(-1)).toBe(
      'caracal-edge: many different causes in one minute: further ones are not logged',
    )
    later(MINUTE)
    await verifier.authorizeToken(token)
    expect(lines().at(-1), 'later there is room again').toContain('threw Error1000')
  })

  it('stays empty where onDecision is given: then the event says the same', async () => {
    const failure = new Error('x')
    const onDecision = vi.fn()
    const revocations = { lookup: () => Promise.reject(failure) }
    const verifier = createMandateVerifier({ ...issuer.options, revocations, onDecision })
    await verifier.authorizeToken(await issuer.mint())
    expect(log()).not.toHaveBeenCalled()
    expect(onDecision.mock.calls[0]?.[0]).toMatchObject({
      explanation: expect.stringMatching(/its lookup threw Error\. Check the store/),
      cause: failure,
    })
  })

  it('gets one line a minute of what no step foresaw', async () => {
    const verifier = createMandateVerifier(issuer.options)
    for (let count = 0; count < 50; count++) await verifier.authorize({} as Request)
    expect(lines()).toEqual([expect.stringMatching(/^caracal-edge: unexpected TypeError/)])
  })
})
