// What a key set cache brings is checked, and a cache that fails makes no request worse than none.

import { createTestIssuer } from 'caracal-edge/testing'
import { describe, expect, it } from 'vitest'
import { aWhile, deferred, holdClock, later } from '../support/held-clock.ts'
import { filled, freshIsolate, MAX_AGE_MS, recordedCache, TIMES } from '../support/isolates.ts'
import { scriptedIssuer, strangersToken, verdict } from '../support/scripted-issuer.ts'

holdClock()

/** What an isolate has stored, changed. */
async function entryWith(change: (entry: Record<string, unknown>) => unknown) {
  const scene = await filled()
  const [[name, text] = ['', '{}']] = scene.cache.entries
  scene.cache.entries.set(name, JSON.stringify(change(JSON.parse(text))))
  return scene
}

/** An object that only looks like a promise. */
const thenable = (then: () => void) => Object.fromEntries([['then', then]])

describe('an entry is ignored', () => {
  type Entry = Record<string, unknown>
  const at = (fetchedAt: unknown) => (entry: Entry) => ({ ...entry, fetchedAt })
  const keys = (change: object) => (entry: Entry) => ({
    ...entry,
    keys: (entry.keys as object[]).map((key) => ({ ...key, ...change })),
  })

  it.each<[string, (entry: Entry) => unknown]>([
    ['of a millisecond in the future', (entry) => at(Number(entry.fetchedAt) + 2)(entry)],
    ['of the far future', at(9_999_999_999_999)],
    ['of long ago', at(0)],
    ['of a negative time', at(-1)],
    ['without a time', at(undefined)],
    ['with a time that is text', (entry) => at(String(entry.fetchedAt))(entry)],
    ['with no time at all', at(null)],
    ['with a list as its time', (entry) => at([entry.fetchedAt])(entry)],
    ['of another issuer', (entry) => ({ ...entry, issuer: 'https://other.test' })],
    ['of an issuer with a slash', (entry) => ({ ...entry, issuer: `${entry.issuer}/` })],
    ['without an issuer', (entry) => ({ ...entry, issuer: undefined })],
    ['of another zone', (entry) => ({ ...entry, zone: 'zone-2' })],
    ['of a list of zones', (entry) => ({ ...entry, zone: [entry.zone] })],
    ['of another URL', (entry) => ({ ...entry, url: `${entry.url}&x` })],
    [
      'that inherits',
      (entry) => ({ __proto__: null, ...JSON.parse(`{"__proto__":${JSON.stringify(entry)}}`) }),
    ],
    ['without keys', (entry) => ({ ...entry, keys: [] })],
    ['with keys that are not a list', (entry) => ({ ...entry, keys: {} })],
    ['with something else among its keys', (entry) => ({ ...entry, keys: [...(entry.keys as []), null] })],
    ['with a shared secret', keys({ kty: 'oct', k: 'AAAA' })],
    ['with a private key', keys({ d: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE' })],
    ['with a point off the curve', keys({ x: 'A'.repeat(43) })],
    ['that is a list', (entry) => [entry]],
    ['that is text', (entry) => JSON.stringify(entry)],
    ['that is null', () => null],
    ['that is too long', (entry) => ({ ...entry, note: 'x'.repeat(65_536) })],
  ])('%s', async (_, change) => {
    const { sts, isolate, token, fetches } = await entryWith(change)
    expect(await verdict(isolate(), token)).toBe('admit')
    expect(fetches(), 'it is fetched').toBe(2)
    sts.fail()
    const again = await entryWith(change)
    again.sts.fail()
    expect(await verdict(again.isolate(), again.token), 'in an outage').toBe('keys_unavailable')
  })

  it('as it is, it is used: the cases above differ in one thing each', async () => {
    const { isolate, token, fetches } = await entryWith((entry) => ({ ...entry, note: 'x' }))
    expect(await verdict(isolate(), token)).toBe('admit')
    expect(fetches()).toBe(1)
  })
})

describe('a cache that fails', () => {
  const sts = createTestIssuer()
  const junk: readonly [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    [
      'throws nothing',
      () => {
        throw undefined
      },
    ],
    ['rejects', () => Promise.reject(new Error('down'))],
    ['hangs', () => new Promise(() => {})],
    [
      'is a thenable that throws',
      () =>
        thenable(() => {
          throw new Error('down')
        }),
    ],
    ['is a thenable that hangs', () => thenable(() => {})],
    ['brings null', () => null],
    ['brings nothing', () => undefined],
    ['brings an empty text', () => ''],
    ['brings garbage', () => '<html>'],
    ['brings a number', () => 7],
    ['brings an object', async () => ({ keys: (await sts.jwks()).keys })],
    ['brings a Response', () => Response.json({})],
    ['brings a String object', () => new String('{}')],
    ['brings a huge text', () => 'x'.repeat(5_000_000)],
    ['brings deep JSON', () => '['.repeat(60_000)],
  ]
  const kinds = junk.flatMap(([what, act]) => [
    ['get', what, { get: act }] as const,
    ['put', what, { put: act }] as const,
  ])

  it.each(kinds)('%s %s: requests are answered as without it', async (_, __, departures) => {
    const cache = recordedCache(departures as object)
    const issuer = scriptedIssuer()
    const guard = freshIsolate(issuer, { ...TIMES, cache })
    const token = await issuer.mint()
    expect(await unhurried(verdict(guard, token), 250)).toBe('admit')
    expect(await verdict(guard, token)).toBe('admit')
    expect(issuer.requests).toHaveLength(1)
    later(1)
    expect(await verdict(guard, strangersToken())).toBe('unknown_key')
    issuer.fail()
    later(MAX_AGE_MS)
    expect(await unhurried(verdict(guard, token), 250)).toBe('admit')
    expect(await unhurried(verdict(freshIsolate(issuer, { ...TIMES, cache }), token), 250)).toBe(
      'keys_unavailable',
    )
  })

  /** Lets the time pass that a cache may take, and no more. */
  async function unhurried<T>(deciding: Promise<T>, ms: number): Promise<T | 'waits'> {
    const answer = await Promise.race([deciding, aWhile()])
    if (answer !== undefined) return answer as T
    later(ms)
    return await Promise.race([deciding, aWhile(1_000).then(() => 'waits' as const)])
  }

  it.each([
    ['after a quarter of a second', 5_000, 250],
    ['after a quarter of a short time limit', 400, 100],
  ])('and hangs is given up %s', async (_, timeoutMs, waitMs) => {
    const issuer = scriptedIssuer()
    const cache = recordedCache({ get: () => new Promise(() => {}) })
    const deciding = verdict(freshIsolate(issuer, { ...TIMES, timeoutMs, cache }), await issuer.mint())
    await aWhile()
    later(waitMs - 1)
    await aWhile()
    expect(issuer.requests, 'before').toHaveLength(0)
    later(1)
    expect(await deciding).toBe('admit')
  })

  it('and hangs leaves the STS the rest of the time limit, not a new one', async () => {
    const issuer = scriptedIssuer()
    issuer.answer(() => new Promise(() => {}))
    const cache = recordedCache({ get: () => new Promise(() => {}) })
    const deciding = verdict(freshIsolate(issuer, { ...TIMES, timeoutMs: 1_000, cache }), await issuer.mint())
    await aWhile()
    later(250)
    await aWhile()
    const givenUp = () => issuer.requests.filter(({ init }) => init.signal?.aborted).length
    later(749)
    await aWhile()
    expect(givenUp()).toBe(0)
    later(1)
    await aWhile()
    expect(givenUp()).toBe(1)
    for (const ms of [1_000, 100]) {
      await aWhile()
      later(ms)
    }
    expect(await Promise.race([deciding, aWhile(1_000)])).toBe('keys_unavailable')
    expect(issuer.requests, 'the second fetch does not wait for the cache').toHaveLength(2)
    expect(cache.reads).toHaveLength(1)
  })

  it('in writing does not hold up requests', async () => {
    const issuer = scriptedIssuer()
    const stored = deferred<void>()
    const cache = recordedCache({ put: () => stored.promise })
    expect(await verdict(freshIsolate(issuer, { ...TIMES, cache }), await issuer.mint())).toBe('admit')
    stored.reject(new Error('down'))
    await aWhile()
  })
})
