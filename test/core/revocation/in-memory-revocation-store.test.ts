// The store for development and tests: what it remembers, for how long, how much, and which arguments it refuses.

import { CaracalConfigError, InMemoryRevocationStore, RevocationUnavailableError } from 'caracal-edge'
import { describe, expect, it, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'

holdClock()

const DAY_MS = 86_400_000

const isRevoked = (store: InMemoryRevocationStore, ...anchors: readonly string[]) =>
  store.lookup({ anchors, zoneId: undefined }).revoked

const epochOf = (store: InMemoryRevocationStore, zoneId: string) =>
  store.lookup({ anchors: [], zoneId }).delegationEpoch

describe('an anchor', () => {
  it('is revoked once it is marked, and no other anchor is', async () => {
    const store = new InMemoryRevocationStore()
    expect(store.lookup({ anchors: ['a'], zoneId: 'zone-1' })).toEqual({ revoked: false, delegationEpoch: 0 })
    await store.markRevoked('a')
    expect(store.lookup({ anchors: ['a'], zoneId: 'zone-1' })).toEqual({ revoked: true, delegationEpoch: 0 })
    expect(isRevoked(store, 'b', 'A', 'a ')).toBe(false)
  })

  it('counts at any place among others', async () => {
    const store = new InMemoryRevocationStore()
    await store.markRevoked('b')
    expect(isRevoked(store, 'a', 'b', 'c')).toBe(true)
    expect(isRevoked(store, 'a', 'c', 'b')).toBe(true)
    expect(isRevoked(store)).toBe(false)
  })

  it("can be any string, even the name of a zone or of a prototype's member", async () => {
    const store = new InMemoryRevocationStore()
    await store.markDelegationEpoch('zone-1', 3)
    expect(isRevoked(store, 'zone-1', '__proto__', 'constructor')).toBe(false)
    await store.markRevoked('__proto__')
    expect(isRevoked(store, '__proto__')).toBe(true)
    expect(epochOf(store, '__proto__')).toBe(0)
  })

  it.each([
    ['a day', new InMemoryRevocationStore(), undefined, DAY_MS],
    ['defaultTtlMs', new InMemoryRevocationStore({ defaultTtlMs: 950_000 }), undefined, 950_000],
    ['the time given with it', new InMemoryRevocationStore({ defaultTtlMs: 950_000 }), 7_000, 7_000],
    ['the longest time there is', new InMemoryRevocationStore(), 2 ** 31 - 1, 2 ** 31 - 1],
  ])('is remembered for %s', async (_, store, ttlMs, remembered) => {
    await store.markRevoked('a', ttlMs)
    later(remembered - 1)
    expect(isRevoked(store, 'a')).toBe(true)
    later(1)
    expect(isRevoked(store, 'a')).toBe(false)
  })

  it('that is marked again is remembered longer', async () => {
    const store = new InMemoryRevocationStore()
    await store.markRevoked('a', 1_000)
    later(500)
    await store.markRevoked('a', 1_000)
    later(999)
    expect(isRevoked(store, 'a')).toBe(true)
  })

  it('and never shorter', async () => {
    const store = new InMemoryRevocationStore()
    await store.markRevoked('a', 10_000)
    await store.markRevoked('a', 1)
    later(9_999)
    expect(isRevoked(store, 'a')).toBe(true)
  })
})

describe('the epoch of a zone', () => {
  it('is 0 until it is marked, and then only that zone has it', async () => {
    const store = new InMemoryRevocationStore()
    expect(epochOf(store, 'zone-1')).toBe(0)
    await store.markDelegationEpoch('zone-1', 7)
    expect(epochOf(store, 'zone-1')).toBe(7)
    expect(epochOf(store, 'zone-2')).toBe(0)
  })

  it('is 0 if none was asked for', async () => {
    const store = new InMemoryRevocationStore()
    await store.markDelegationEpoch('zone-1', 7)
    expect(store.lookup({ anchors: [], zoneId: undefined }).delegationEpoch).toBe(0)
  })

  it('only rises', async () => {
    const store = new InMemoryRevocationStore()
    for (const [given, kept] of [
      [7, 7],
      [3, 7],
      [0, 7],
      [8, 8],
      [8n, 8],
      [2n ** 53n, Number.POSITIVE_INFINITY],
      [9, Number.POSITIVE_INFINITY],
    ] as const) {
      await store.markDelegationEpoch('zone-1', given)
      expect(epochOf(store, 'zone-1')).toBe(kept)
    }
  })

  it.each([
    [0n, 0],
    [12n, 12],
    [2n ** 53n - 1n, Number.MAX_SAFE_INTEGER],
    [2n ** 53n, Number.POSITIVE_INFINITY],
    [10n ** 400n, Number.POSITIVE_INFINITY],
  ])('can be the bigint %s, which is read as %s', async (given, kept) => {
    const store = new InMemoryRevocationStore()
    await store.markDelegationEpoch('zone-1', given)
    expect(epochOf(store, 'zone-1')).toBe(kept)
  })

  it.each([
    ['a day', new InMemoryRevocationStore(), undefined, DAY_MS],
    ['defaultTtlMs', new InMemoryRevocationStore({ defaultTtlMs: 950_000 }), undefined, 950_000],
    ['the time given with it', new InMemoryRevocationStore({ defaultTtlMs: 950_000 }), 7_000, 7_000],
    ['the longest time there is', new InMemoryRevocationStore(), 2 ** 31 - 1, 2 ** 31 - 1],
  ])('is remembered for %s', async (_, store, ttlMs, remembered) => {
    await store.markDelegationEpoch('zone-1', 7, ttlMs)
    later(remembered - 1)
    expect(epochOf(store, 'zone-1')).toBe(7)
    later(1)
    expect(epochOf(store, 'zone-1')).toBe(0)
  })

  it('can be lower again after the earlier one has expired', async () => {
    const store = new InMemoryRevocationStore()
    await store.markDelegationEpoch('zone-1', 7, 1_000)
    later(1_000)
    await store.markDelegationEpoch('zone-1', 3)
    expect(epochOf(store, 'zone-1')).toBe(3)
  })
})

describe('a full store', () => {
  async function full() {
    const store = new InMemoryRevocationStore({ maxEntries: 2 })
    await store.markRevoked('a', 1_000)
    await store.markDelegationEpoch('zone-1', 7)
    return store
  }

  it('throws at a new mark', async () => {
    const store = await full()
    const error = await store.markRevoked('b').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RevocationUnavailableError)
    expect(error).toMatchObject({ name: 'RevocationUnavailableError', fault: 'full' })
    await expect(store.markDelegationEpoch('zone-2', 1)).rejects.toBeInstanceOf(RevocationUnavailableError)
    expect(isRevoked(store, 'b')).toBe(false)
  })

  it('keeps everything that it has', async () => {
    const store = await full()
    await store.markRevoked('b').catch(() => {})
    expect(isRevoked(store, 'a')).toBe(true)
    expect(epochOf(store, 'zone-1')).toBe(7)
  })

  it('still accepts ids that it knows', async () => {
    const store = await full()
    await store.markRevoked('a', 5_000)
    await store.markDelegationEpoch('zone-1', 8)
    later(4_999)
    expect(isRevoked(store, 'a')).toBe(true)
    expect(epochOf(store, 'zone-1')).toBe(8)
  })

  it('has room again when an epoch has expired', async () => {
    const store = new InMemoryRevocationStore({ maxEntries: 1 })
    await store.markDelegationEpoch('zone-1', 7, 1_000)
    later(1_000)
    await store.markRevoked('a')
    expect(isRevoked(store, 'a')).toBe(true)
  })

  it('has room again when a revocation has expired', async () => {
    const store = await full()
    later(999)
    await expect(store.markRevoked('b')).rejects.toThrow()
    later(1)
    await store.markRevoked('b')
    expect(isRevoked(store, 'b')).toBe(true)
    await expect(store.markRevoked('c')).rejects.toThrow()
  })

  it('has 100,000 entries by default', async () => {
    const store = new InMemoryRevocationStore()
    for (let count = 0; count < 100_000; count++) await store.markRevoked(`a-${count}`)
    await expect(store.markRevoked('b')).rejects.toBeInstanceOf(RevocationUnavailableError)
    expect(isRevoked(store, 'a-0')).toBe(true)
  })
})

describe('a wrong argument is named', () => {
  /** Arguments that only JavaScript can pass. */
  type Loose = Readonly<Record<'markRevoked' | 'markDelegationEpoch', (...given: unknown[]) => Promise<void>>>
  const store = new InMemoryRevocationStore() as unknown as Loose

  const NO_ID = ['', undefined, null, 0, {}, ['a']]
  const NO_EPOCH = [undefined, null, -1, -1n, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '1', true]
  const NO_TTL = [0, -1, 1.5, 2 ** 31, Number.NaN, Number.POSITIVE_INFINITY, '1000', null, 1000n]

  it.each(NO_ID)('anchorId: %o', async (id) => {
    await expect(store.markRevoked(id)).rejects.toThrow(/^anchorId must/)
    await expect(store.markRevoked(id)).rejects.toBeInstanceOf(TypeError)
  })

  it.each(NO_ID)('zoneId: %o', async (id) => {
    await expect(store.markDelegationEpoch(id, 1)).rejects.toThrow(/^zoneId must/)
    await expect(store.markDelegationEpoch(id, 1)).rejects.toBeInstanceOf(TypeError)
  })

  it('half of a surrogate pair in an id, which no mandate has', async () => {
    const message = 'must not contain a lone surrogate'
    await expect(store.markRevoked('sid-\ud98c')).rejects.toThrow(message)
    await expect(store.markDelegationEpoch('\udd8c', 1)).rejects.toThrow(message)
    await expect(store.markRevoked('sid-\ud98c\udd8c')).resolves.toBeUndefined()
  })

  it.each(NO_EPOCH)('epoch: %o', async (epoch) => {
    await expect(store.markDelegationEpoch('zone-1', epoch)).rejects.toThrow(/^epoch must/)
    await expect(store.markDelegationEpoch('zone-1', epoch)).rejects.toBeInstanceOf(TypeError)
  })

  it.each(NO_TTL)('ttlMs: %o', async (ttlMs) => {
    await expect(store.markRevoked('a', ttlMs)).rejects.toThrow(/^ttlMs must/)
    await expect(store.markDelegationEpoch('zone-1', 1, ttlMs)).rejects.toThrow(/^ttlMs must/)
    await expect(store.markRevoked('a', ttlMs)).rejects.toBeInstanceOf(TypeError)
  })
})

describe('a wrong option is a CaracalConfigError', () => {
  it.each<[unknown, string]>([
    [{ ttlMs: 1 }, 'ttlMs'],
    [{ default_ttl_ms: 1 }, 'defaultTtlMs'],
    [{ defaultTtlMs: 0 }, 'defaultTtlMs'],
    [{ defaultTtlMs: 900 }, 'must be in milliseconds, not seconds'],
    [{ defaultTtlMs: 86_400 }, 'defaultTtlMs is shorter than the lifetime of mandates'],
    [{ defaultTtlMs: 899_999 }, '900000 or more'],
    [{ defaultTtlMs: 2 ** 31 }, 'below 2^31'],
    [{ defaultTtlMs: 1.5 }, 'defaultTtlMs'],
    [{ defaultTtlMs: '1000' }, 'defaultTtlMs'],
    [{ defaultTtlMs: undefined }, 'defaultTtlMs'],
    [{ maxEntries: 0 }, 'maxEntries'],
    [{ maxEntries: Number.POSITIVE_INFINITY }, 'maxEntries'],
    [null, 'options'],
    ['x', 'options'],
  ])('%j', (options, named) => {
    const build = () => new InMemoryRevocationStore(options as object)
    expect(build).toThrow(CaracalConfigError)
    expect(build).toThrow(named)
  })
})

describe('what is marked while the clock is at 0, as at the top level of a Worker,', () => {
  const START = 1_800_000_000_000

  async function markedAtZero(): Promise<InMemoryRevocationStore> {
    vi.setSystemTime(0)
    const store = new InMemoryRevocationStore()
    await store.markRevoked('a')
    await store.markRevoked('brief', 1_000)
    await store.markDelegationEpoch('zone-1', 7)
    return store
  }

  it('is known, and its time starts when it is first read', async () => {
    const store = await markedAtZero()
    expect([isRevoked(store, 'a'), epochOf(store, 'zone-1')]).toEqual([true, 7])
    vi.setSystemTime(START)
    expect([isRevoked(store, 'a'), epochOf(store, 'zone-1'), isRevoked(store, 'brief')]).toEqual([
      true,
      7,
      true,
    ])
    later(1_000)
    expect(isRevoked(store, 'brief')).toBe(false)
    later(DAY_MS - 1_001)
    expect([isRevoked(store, 'a'), epochOf(store, 'zone-1')]).toEqual([true, 7])
    later(1)
    expect([isRevoked(store, 'a'), epochOf(store, 'zone-1')]).toEqual([false, 0])
  })

  it('starts late if it is read late', async () => {
    const store = await markedAtZero()
    vi.setSystemTime(START)
    later(10 * DAY_MS)
    expect([isRevoked(store, 'a'), epochOf(store, 'zone-1')]).toEqual([true, 7])
  })

  it('can be marked again at 0, for the longer time, and later', async () => {
    const store = await markedAtZero()
    await store.markRevoked('brief', 5_000)
    await store.markRevoked('brief', 1)
    await store.markDelegationEpoch('zone-1', 3)
    vi.setSystemTime(START)
    expect([isRevoked(store, 'brief'), epochOf(store, 'zone-1')]).toEqual([true, 7])
    later(4_999)
    expect(isRevoked(store, 'brief')).toBe(true)
    await store.markRevoked('brief', 5_000)
    later(4_999)
    expect(isRevoked(store, 'brief')).toBe(true)
    later(1)
    expect(isRevoked(store, 'brief')).toBe(false)
  })

  it('is removed from a full store no sooner than any other', async () => {
    vi.setSystemTime(0)
    const store = new InMemoryRevocationStore({ maxEntries: 1 })
    await store.markRevoked('a', 1_000)
    await expect(store.markRevoked('b')).rejects.toMatchObject({ fault: 'full' })
    vi.setSystemTime(START)
    await expect(store.markRevoked('b')).rejects.toMatchObject({ fault: 'full' })
    later(1_000)
    await store.markRevoked('b')
    expect([isRevoked(store, 'a'), isRevoked(store, 'b')]).toEqual([false, true])
  })
})
