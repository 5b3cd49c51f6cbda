// Several requests and several stores: each request gets its own answer, from every store of its path.

import type { RevocationState } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { aWhile, type Deferred, deferred, holdClock } from '../support/held-clock.ts'
import { CLEAN, recordingStore } from '../support/recording-store.ts'
import { requestWith, scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

holdClock()

const REVOKED: RevocationState = { revoked: true, delegationEpoch: 0 }

describe('requests at the same time', () => {
  it('all ask the store before the first is answered', async () => {
    const sts = scriptedIssuer()
    const answer = deferred<RevocationState>()
    const revocations = recordingStore(() => answer.promise)
    const guard = sts.guard({ revocations })
    const tokens = await Promise.all(Array.from({ length: 50 }, () => sts.mint()))
    await guard.warmup()
    const pending = tokens.map((token) => verdict(guard, token))
    while (revocations.queries.length < tokens.length) await aWhile(5)
    answer.resolve(CLEAN)
    expect(new Set(await Promise.all(pending))).toEqual(new Set(['admit']))
  })

  it("do not wait for another's lookup that never ends", async () => {
    const sts = scriptedIssuer()
    const revocations = recordingStore(({ anchors }) =>
      anchors.includes('slow') ? new Promise(() => {}) : Promise.resolve(CLEAN),
    )
    const guard = sts.guard({ revocations })
    void verdict(guard, await sts.mint({ claims: { sid: 'slow' } }))
    expect(await verdict(guard, await sts.mint())).toBe('admit')
    expect(await verdict(guard, await sts.mint())).toBe('admit')
  })

  it('with the same token each ask the store', async () => {
    const sts = scriptedIssuer()
    const answers = [deferred<RevocationState>(), deferred<RevocationState>()]
    const revocations = recordingStore(() => answers[revocations.queries.length - 1]?.promise)
    const guard = sts.guard({ revocations })
    const token = await sts.mint()
    const pending = [verdict(guard, token), verdict(guard, token)]
    while (revocations.queries.length < 2) await aWhile(5)
    // Either of them may be the first whose signature is verified, and with that the first to ask.
    answers[1]?.resolve(CLEAN)
    expect(await Promise.race(pending)).toBe('admit')
    answers[0]?.resolve(REVOKED)
    expect((await Promise.all(pending)).toSorted()).toEqual(['admit', 'session_revoked'])
  })

  it('each get their own answer, in whatever order the answers come', async () => {
    const sts = scriptedIssuer()
    const answers: [boolean, Deferred<RevocationState>][] = []
    const revocations = recordingStore(({ anchors }) => {
      const answer = deferred<RevocationState>()
      answers.push([anchors.some((anchor) => anchor.startsWith('revoked-')), answer])
      return answer.promise
    })
    const guard = sts.guard({ revocations })
    const expected = Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? 'session_revoked' : 'admit'))
    const tokens = expected.map((reason, index) =>
      sts.mint(reason === 'admit' ? {} : { claims: { sid: `revoked-${index}` } }),
    )
    const pending = tokens.map(async (token) => verdict(guard, await token))
    while (answers.length < expected.length) await aWhile(5)
    const backwardsThenForwards = [...answers.slice(20).reverse(), ...answers.slice(0, 20)]
    for (const [revoked, answer] of backwardsThenForwards) answer.resolve({ revoked, delegationEpoch: 0 })
    expect(await Promise.all(pending)).toEqual(expected)
  })
})

describe('routes with stores of their own', () => {
  /** A guard with a store for `/own` and one for everything else. */
  async function twoStores(
    answers: { readonly main?: RevocationState; readonly own?: RevocationState } = {},
  ) {
    const sts = scriptedIssuer()
    const main = recordingStore(() => answers.main ?? CLEAN)
    const own = recordingStore(() => answers.own ?? CLEAN)
    const guard = sts.guard({
      revocations: main,
      routes: { '/own': { revocations: own }, '/shared': { requiredScopes: ['read'] } },
    })
    const token = await sts.mint()
    return {
      guard,
      token,
      asked: () => ({ main: main.queries.length, own: own.queries.length }),
      async ask(path: string) {
        const decision = await guard.authorize(requestWith(token, path))
        return decision.outcome === 'deny' ? decision.reason : decision.outcome
      },
    }
  }

  it.each([
    ['/', { main: 1, own: 0 }],
    ['/own', { main: 0, own: 1 }],
    ['/own/deeper', { main: 0, own: 1 }],
    ['/shared', { main: 1, own: 0 }],
  ])('%s asks its own one', async (path, asked) => {
    const stores = await twoStores()
    expect(await stores.ask(path)).toBe('admit')
    expect(stores.asked()).toEqual(asked)
  })

  it.each([
    ['/%6fwn', { main: 1, own: 1 }],
    ['/own/%61', { main: 0, own: 1 }],
    ['/%73hared', { main: 1, own: 0 }],
    ['/own%2f..%2fshared', { main: 1, own: 1 }],
  ])('%s, which can be read in several ways, asks each of the stores once', async (path, asked) => {
    const stores = await twoStores()
    expect(await stores.ask(path)).toBe('admit')
    expect(stores.asked()).toEqual(asked)
  })

  it.each([
    ['the one', { main: REVOKED }],
    ['the other', { own: REVOKED }],
  ])('%s is enough to refuse a path that can be read in several ways', async (_, answers) => {
    const stores = await twoStores(answers)
    expect(await stores.ask('/%6fwn')).toBe('session_revoked')
  })

  it("only the guard's own store is asked for a token without a request", async () => {
    const stores = await twoStores({ own: REVOKED })
    expect(await verdict(stores.guard, stores.token)).toBe('admit')
    expect(stores.asked()).toEqual({ main: 1, own: 0 })
  })
})
