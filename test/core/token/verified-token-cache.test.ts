// How many verified signatures are cached, which ones, and for how long.

import { type CaracalOptions, createMandateVerifier } from 'caracal-edge'
import { createTestIssuer, type TestIssuer } from 'caracal-edge/testing'
import { afterEach, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { requestWith, scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

holdClock()

let verify: MockInstance<SubtleCrypto['verify']>

beforeEach(() => {
  verify = vi.spyOn(crypto.subtle, 'verify')
})
afterEach(() => {
  vi.restoreAllMocks()
})

/** How many signatures are verified while `work` runs. */
async function verificationsDuring(work: () => Promise<unknown>): Promise<number> {
  const before = verify.mock.calls.length
  await work()
  return verify.mock.calls.length - before
}

describe('a signature is verified', () => {
  it('once for a token that is sent again and again', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    const token = await sts.mint()
    for (let count = 0; count < 5; count++) expect(await verdict(guard, token)).toBe('admit')
    expect(verify).toHaveBeenCalledTimes(1)
  })

  it('for each token of its own', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard()
    for (let count = 0; count < 3; count++) await verdict(guard, await sts.mint())
    expect(verify).toHaveBeenCalledTimes(3)
  })

  it('every time if the cache is off', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ verifiedTokenCache: false })
    const token = await sts.mint()
    for (let count = 0; count < 3; count++) expect(await verdict(guard, token)).toBe('admit')
    expect(verify).toHaveBeenCalledTimes(3)
  })

  it('once with inline keys, too', async () => {
    const sts = createTestIssuer()
    const guard = createMandateVerifier({ ...sts.options, keySet: { jwks: await sts.jwks() } })
    const token = await sts.mint()
    for (let count = 0; count < 3; count++) expect(await verdict(guard, token)).toBe('admit')
    expect(verify).toHaveBeenCalledTimes(1)
  })

  it('once for the routes of one issuer and zone', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ routes: { '/a': { requiredScopes: ['read'] }, '/b': { requireAgent: true } } })
    const token = await sts.mint()
    for (const path of ['/', '/a', '/b']) {
      expect(await guard.authorize(requestWith(token, path))).toMatchObject({ outcome: 'admit' })
    }
    expect(verify).toHaveBeenCalledTimes(1)
  })

  it('again after every fetch of the key set, even of the same one', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { maxAgeMs: 10_000 } })
    const token = await sts.mint()
    await verdict(guard, token)
    later(9_999)
    expect(await verificationsDuring(() => verdict(guard, token)), 'while it is fresh').toBe(0)
    later(1)
    expect(await verificationsDuring(() => verdict(guard, token)), 'after the fetch').toBe(1)
    expect(await verificationsDuring(() => verdict(guard, token)), 'and then').toBe(0)
  })

  it('every time while a stale key set is used', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { maxAgeMs: 10_000, maxStaleMs: 60_000 } })
    const token = await sts.mint()
    await verdict(guard, token)
    sts.fail()
    later(10_000)
    for (let count = 0; count < 3; count++) expect(await verdict(guard, token)).toBe('admit')
    expect(verify).toHaveBeenCalledTimes(4)
  })
})

describe('the room for cached tokens', () => {
  async function threeTokens(options: Partial<CaracalOptions>) {
    const sts = scriptedIssuer()
    const guard = sts.guard(options)
    const [a, b, c] = [await sts.mint(), await sts.mint(), await sts.mint()]
    const isRemembered = async (token: string) =>
      (await verificationsDuring(() => verdict(guard, token))) === 0
    return { sts, guard, a, b, c, isRemembered }
  }

  it('is maxEntries', async () => {
    const { guard, a, b, isRemembered } = await threeTokens({ verifiedTokenCache: { maxEntries: 2 } })
    await verdict(guard, a)
    await verdict(guard, b)
    expect(await isRemembered(a)).toBe(true)
    expect(await isRemembered(b)).toBe(true)
  })

  it('is freed by the oldest that was not used in between', async () => {
    const { guard, a, b, c, isRemembered } = await threeTokens({ verifiedTokenCache: { maxEntries: 2 } })
    for (const token of [a, b, a, c]) await verdict(guard, token)
    expect(await isRemembered(a)).toBe(true)
    expect(await isRemembered(c)).toBe(true)
    expect(await isRemembered(b)).toBe(false)
  })

  it('is freed by the oldest where all were used in between', async () => {
    const { guard, a, b, c, isRemembered } = await threeTokens({ verifiedTokenCache: { maxEntries: 2 } })
    for (const token of [a, b, a, b, c]) await verdict(guard, token)
    expect(await isRemembered(b)).toBe(true)
    expect(await isRemembered(c)).toBe(true)
    expect(await isRemembered(a)).toBe(false)
  })

  it('is freed by the 17th where all were used in between: no more than 16 are passed over', async () => {
    const { sts, guard, isRemembered } = await threeTokens({ verifiedTokenCache: { maxEntries: 20 } })
    const tokens = await Promise.all(Array.from({ length: 20 }, () => sts.mint()))
    for (const token of [...tokens, ...tokens, await sts.mint()]) await verdict(guard, token)
    const forgotten: number[] = []
    for (const [index, token] of tokens.slice(0, 19).entries()) {
      if (!(await isRemembered(token))) forgotten.push(index)
    }
    expect(forgotten[0]).toBe(16)
  })

  it('for one token never admits a wrong one, and always the right ones', async () => {
    const { sts, guard, a, b } = await threeTokens({ verifiedTokenCache: { maxEntries: 1 } })
    const revoked = await sts.mint()
    await sts.revoke(revoked)
    for (const token of [a, b, revoked, a, revoked, b]) {
      expect(await verdict(guard, token)).toBe(token === revoked ? 'session_revoked' : 'admit')
    }
  })

  it('is not taken by a token that has expired already', async () => {
    const { sts, guard, a, isRemembered } = await threeTokens({ verifiedTokenCache: { maxEntries: 1 } })
    await verdict(guard, a)
    expect(await verdict(guard, await sts.mint({ expired: true }))).toBe('expired')
    expect(await isRemembered(a)).toBe(true)
  })

  it('is not kept by one that has expired since then', async () => {
    const { sts, guard, a, b, isRemembered } = await threeTokens({ verifiedTokenCache: { maxEntries: 2 } })
    const brief = await sts.mint({ lifetimeSeconds: 2 })
    await verdict(guard, a)
    await verdict(guard, brief)
    later(2_000)
    expect(await verdict(guard, brief)).toBe('expired')
    await verdict(guard, b)
    expect(await isRemembered(a)).toBe(true)
  })

  it.each<[string, (sts: TestIssuer, token: string) => Promise<string>]>([
    ['garbage', async () => 'garbage'],
    ['a bad signature', (sts) => sts.mint({ key: 'forged' })],
    ['another payload under the same signature', async (_, token) => token.replace(/\.[^.]+\./, '.e30.')],
    ['an unknown key', (sts) => sts.mint({ key: 'unknown' })],
    ['a signed token that is not a mandate', (sts) => sts.mint({ claims: { sid: undefined } })],
  ])('is not taken by %s', async (_, bad) => {
    const { sts, guard, a, isRemembered } = await threeTokens({ verifiedTokenCache: { maxEntries: 1 } })
    await verdict(guard, a)
    expect(await verdict(guard, await bad(sts, a))).not.toBe('admit')
    expect(await isRemembered(a)).toBe(true)
  })
})

describe('the room for cached tokens is limited by their length as well', () => {
  /** A token of this length, or shorter by less than a group of base64url. */
  async function tokenOf(sts: TestIssuer, length: number): Promise<string> {
    const { length: least } = await sts.mint({ claims: { padding: '' } })
    const token = await sts.mint({ claims: { padding: 'x'.repeat(Math.floor(((length - least) * 3) / 4)) } })
    expect(length - token.length).toBeGreaterThanOrEqual(0)
    expect(length - token.length).toBeLessThan(4)
    return token
  }

  async function scene() {
    const sts = scriptedIssuer()
    const guard = sts.guard({ keySet: { maxAgeMs: 10_000 } })
    const tokensOf = (count: number, length: number) =>
      Promise.all(Array.from({ length: count }, () => tokenOf(sts, length)))
    const send = async (tokens: readonly string[]) => {
      for (const token of tokens) expect(await verdict(guard, token)).toBe('admit')
    }
    const verified = (...tokens: readonly string[]) => verificationsDuring(() => send(tokens))
    return { sts, guard, tokensOf, send, verified }
  }

  it.each([
    { length: 8_192, each: 'remembered', again: 0 },
    { length: 8_196, each: 'verified anew each time', again: 1 },
    { length: 32_768, each: 'verified anew each time', again: 1 },
  ])('a token of $length characters is $each', async ({ length, again }) => {
    const { tokensOf, send, verified } = await scene()
    const [token = ''] = await tokensOf(1, length)
    await send([token])
    expect(await verified(token)).toBe(again)
  })

  it('one that is not cached takes no room from those that are', async () => {
    const sts = scriptedIssuer()
    const guard = sts.guard({ verifiedTokenCache: { maxEntries: 1 } })
    const short = await sts.mint()
    await verdict(guard, short)
    await verdict(guard, await tokenOf(sts, 8_196))
    expect(await verificationsDuring(() => verdict(guard, short))).toBe(0)
  })

  it('4,194,304 characters are cached, and the oldest of more are removed', {
    tags: 'slow',
  }, async () => {
    const { tokensOf, send, verified } = await scene()
    const tokens = await tokensOf(530, 8_000) // 524 of them are 4,192,000 characters
    await send(tokens)
    expect(await verified(...tokens.slice(6))).toBe(0)
    expect(await verified(...tokens.slice(0, 6))).toBe(6)
  })

  it('and the room does not shrink: an expired token frees it, and one that is verified again takes no more', {
    tags: 'slow',
    timeout: 30_000,
  }, async () => {
    const { sts, tokensOf, send, verified } = await scene()
    const tokens = await tokensOf(500, 8_000)
    for (let fetches = 0; fetches < 2; fetches++) {
      await Promise.all([send(tokens), send(tokens)])
      later(10_000)
    }
    await send(tokens)
    expect(await verified(...tokens)).toBe(0)
    expect(sts.requests).toHaveLength(3)
  })
})
