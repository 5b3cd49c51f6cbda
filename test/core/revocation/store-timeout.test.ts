// A store that does not answer in time is an outage, even a custom one, and what it does later has no effect.

import { type RevocationState, withCaracal } from 'caracal-edge'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { aWhile, type Deferred, deferred, holdClock, later } from '../support/held-clock.ts'
import { CLEAN, recordingStore } from '../support/recording-store.ts'
import { requestWith, scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

holdClock()
afterEach(() => {
  vi.restoreAllMocks()
})

const TIMEOUT = { code: 'revocation_unavailable', status: 503, fault: 'timeout' }
const REVOKED: RevocationState = { revoked: true, delegationEpoch: 0 }

/** Computed, because the linter reports objects that have this method by name. */
const THEN = 'then'

/** A guard that has its keys, with a store that answers like this. */
async function guardOver(answer: () => unknown, options: { readonly storeTimeoutMs?: number } = {}) {
  const sts = scriptedIssuer()
  const revocations = recordingStore(answer)
  const guard = sts.guard({ revocations, ...options })
  await guard.warmup()
  const token = await sts.mint()
  return { sts, guard, revocations, token }
}

/** The decision about a request whose lookup is in progress. */
async function asked({ guard, token, revocations }: Awaited<ReturnType<typeof guardOver>>) {
  const before = revocations.queries.length
  const decision = guard.authorizeToken(token)
  while (revocations.queries.length === before) await aWhile(1)
  await aWhile(5)
  return { decision, isDecided: () => Promise.race([decision.then(() => true), aWhile(5).then(() => false)]) }
}

describe('a store that never answers is an outage', () => {
  it.each<[string, () => unknown]>([
    ['with a promise', () => new Promise(() => {})],
    ['with a thenable', () => ({ [THEN]: () => {} })],
    [
      'with a function that awaits something else',
      async () => {
        await new Promise(() => {})
        return CLEAN
      },
    ],
  ])('after 5 seconds, not before: one %s', async (_, answer) => {
    const { decision, isDecided } = await asked(await guardOver(answer))
    later(4_999)
    expect(await isDecided()).toBe(false)
    later(1)
    expect(await decision).toMatchObject(TIMEOUT)
  })

  it('after storeTimeoutMs if that is given', async () => {
    const { decision, isDecided } = await asked(
      await guardOver(() => new Promise(() => {}), { storeTimeoutMs: 200 }),
    )
    later(199)
    expect(await isDecided()).toBe(false)
    later(1)
    expect(await decision).toMatchObject(TIMEOUT)
  })

  it('answered with 503 and a time to retry, and the handler does not run', async () => {
    const { sts, token } = await guardOver(() => CLEAN)
    const handler = vi.fn(() => new Response('ok'))
    const revocations = recordingStore(() => new Promise(() => {}))
    const guarded = withCaracal(handler, { ...sts.options, revocations })
    const pending = guarded(requestWith(token))
    while (revocations.queries.length === 0) await aWhile(1)
    await aWhile(5)
    later(5_000)
    const response = await pending
    expect(response.status).toBe(503)
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0)
    expect(handler).not.toHaveBeenCalled()
  })

  it('for each of the stores of a path', async () => {
    const sts = scriptedIssuer()
    const answers = [deferred<RevocationState>(), deferred<RevocationState>()]
    const [main, own] = answers.map((answer) => recordingStore(() => answer.promise))
    if (main === undefined || own === undefined) throw new Error('There are two of them.')
    const guard = sts.guard({ revocations: main, routes: { '/own': { revocations: own } } })
    await guard.warmup()
    const decision = guard.authorize(requestWith(await sts.mint(), '/%6fwn'))
    while (main.queries.length + own.queries.length === 0) await aWhile(1)
    await aWhile(5)
    later(4_000)
    for (const answer of main.queries.length > 0 ? answers : [...answers].reverse()) {
      answer.resolve(CLEAN)
      await aWhile(5)
      later(4_000)
    }
    expect(await decision).toMatchObject({ outcome: 'admit' })
  })
})

describe('what a store does after its time limit', () => {
  it.each<[string, (answer: Deferred<RevocationState>) => void]>([
    ['admitting', (answer) => answer.resolve(CLEAN)],
    ['refusing', (answer) => answer.resolve(REVOKED)],
    ['failing', (answer) => answer.reject(new Error('hunter2'))],
  ])('has no effect, neither then nor for the next request: %s', async (_, settle) => {
    const answers = [deferred<RevocationState>(), deferred<RevocationState>()]
    const scene = await guardOver(() => answers[scene.revocations.queries.length - 1]?.promise)
    const { decision } = await asked(scene)
    later(5_000)
    expect(await decision).toMatchObject(TIMEOUT)
    const [first, second] = answers
    if (first !== undefined) settle(first)
    await aWhile(5) // for an unhandled rejection to be seen, which fails the run
    const next = await asked(scene)
    expect(await next.isDecided()).toBe(false)
    second?.resolve(CLEAN)
    expect(await next.decision).toMatchObject({ outcome: 'admit' })
  })
})

describe('the timer', () => {
  it('does not exist if the store answers at once', async () => {
    const { guard, token } = await guardOver(() => CLEAN)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    expect(await verdict(guard, token)).toBe('admit')
    expect(timers).not.toHaveBeenCalled()
  })

  it.each<[string, () => Promise<unknown>, string]>([
    ['an answer', async () => CLEAN, 'admit'],
    ['a refusal', async () => REVOKED, 'session_revoked'],
    ['nonsense', async () => 'OK', 'revocation_unavailable'],
    ['a failure', () => Promise.reject(new Error('hunter2')), 'revocation_unavailable'],
  ])('is cleared after %s, so that it keeps no process alive', async (_, answer, reason) => {
    const { guard, token } = await guardOver(answer)
    expect(await verdict(guard, token)).toBe(reason)
    expect(vi.getTimerCount()).toBe(0)
  })
})
