// The store for development and tests: what it remembers, for how long, and how much.

import { InMemoryRevocationStore, RevocationUnavailableError } from 'caracal-edge'
import { describe, expect, it } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { epochOf, isRevoked } from '../support/store-answers.ts'

holdClock()

const DAY_MS = 86_400_000

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
