// The store for development and tests on Workers, whose clock is at 0 until the first request.

import { InMemoryRevocationStore } from 'caracal-edge'
import { describe, expect, it, vi } from 'vitest'
import { holdClock, later } from '../support/held-clock.ts'
import { epochOf, isRevoked } from '../support/store-answers.ts'

holdClock()

const DAY_MS = 86_400_000

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
