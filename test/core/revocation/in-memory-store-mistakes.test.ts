// The store for development and tests: which arguments and options it refuses.

import { CaracalConfigError, InMemoryRevocationStore } from 'caracal-edge'
import { describe, expect, it } from 'vitest'

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
