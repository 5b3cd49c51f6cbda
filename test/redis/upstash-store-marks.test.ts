// What the store writes: revocations that are never shortened, and an epoch that only ever rises.

import { RevocationUnavailableError } from 'caracal-edge'
import { UpstashRevocationStore, type UpstashRevocationStoreOptions } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { ADMITTED, guardedBy, issuer, REVOKED, STALE } from './guarded.ts'
import { describeRedis, PATIENT, type TestRedis } from './support.ts'

const ANCHOR_KEY = 'caracal:revoked:sessions:record-1'
const EPOCH_KEY = 'caracal:revoked:sessions:delegation-epoch:zone-1'
const DAY_MS = 86_400_000

function storeOn(redis: TestRedis, options: Partial<UpstashRevocationStoreOptions> = {}) {
  return new UpstashRevocationStore({ ...redis.database, ...PATIENT, ...options })
}

/** Within what a test may take. */
async function expectLife(redis: TestRedis, key: string, ms: number): Promise<void> {
  const left = Number(await redis.run('PTTL', key))
  expect(left).toBeLessThanOrEqual(ms)
  expect(left).toBeGreaterThan(ms - 4_000)
}

describeRedis('markRevoked', (redis) => {
  it('writes what services in other languages read, in one request', async () => {
    await storeOn(redis).markRevoked('record-1')
    expect(redis.askedNames).toEqual(['MARK'])
    expect(await redis.run('KEYS', '*')).toEqual([ANCHOR_KEY])
    expect(await redis.run('GET', ANCHOR_KEY)).toBe('1')
    await expectLife(redis, ANCHOR_KEY, DAY_MS)
  })

  it('is in force for the very next request, until its time is over', async () => {
    const knock = guardedBy(storeOn(redis))
    const mandate = await issuer.mint({ claims: { sid: 'record-1' } })
    expect(await knock(mandate)).toMatchObject(ADMITTED)
    await storeOn(redis).markRevoked('record-1')
    expect(await knock(mandate)).toMatchObject(REVOKED)
    await redis.run('PEXPIRE', ANCHOR_KEY, 0)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
  })

  it('is read back by the same store even from a replica that lags', async () => {
    const tokens: unknown[] = []
    redis.intervention = ({ request, response }) => {
      tokens.push(request.headers['upstash-sync-token'])
      if (tokens.length === 1) response.setHeader('Upstash-Sync-Token', 'after-the-first')
    }
    const store = storeOn(redis)
    await store.markRevoked('record-1')
    for (const asked of [store, store, storeOn(redis)]) {
      await asked.lookup({ anchors: ['record-1'], zoneId: undefined })
    }
    expect(tokens).toEqual(['', 'after-the-first', 'after-the-first', ''])
  })

  it('remembers for as long as the call or else the store says', async () => {
    const store = storeOn(redis, { defaultTtlMs: 950_000 })
    await store.markRevoked('record-1')
    await expectLife(redis, ANCHOR_KEY, 950_000)
    await store.markRevoked('record-1', 990_000)
    await expectLife(redis, ANCHOR_KEY, 990_000)
    await store.markRevoked('record-1', 2 ** 31 - 1)
    expect(await redis.run('PTTL', ANCHOR_KEY)).toBeGreaterThan(2 ** 31 - 10_000)
  })

  it.each([
    { before: 60_000, ttlMs: 5_000 },
    { before: undefined, ttlMs: 5_000 },
  ])('never shortens a mark that is there ($before ms)', async ({ before, ttlMs }) => {
    await redis.run('SET', ANCHOR_KEY, 'by another service', ...(before ? ['PX', before] : []))
    await storeOn(redis).markRevoked('record-1', ttlMs)
    if (before) await expectLife(redis, ANCHOR_KEY, before)
    else expect(await redis.run('PTTL', ANCHOR_KEY)).toBe(-1)
    expect(await redis.run('GET', ANCHOR_KEY)).toBe('by another service')
  })

  it.each<{ args: readonly unknown[]; named: string }>([
    { args: [''], named: 'anchorId' },
    { args: [undefined], named: 'anchorId' },
    { args: [null], named: 'anchorId' },
    { args: [7], named: 'anchorId' },
    { args: [['record-1']], named: 'anchorId' },
    ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', null, 5n].map((ttlMs) => ({
      args: ['record-1', ttlMs],
      named: 'ttlMs',
    })),
  ])('refuses $args by name, and asks nobody', async ({ args, named }) => {
    const marking = storeOn(redis).markRevoked(...(args as [string]))
    await expect(marking).rejects.toThrow(TypeError)
    await expect(marking).rejects.toThrow(new RegExp(`^${named} must be`))
    expect(redis.asked).toEqual([])
  })

  it.each([
    '[]',
    '{"result":null}',
    '{"result":"1"}',
    '{"result":0}',
    '{"result":2}',
    '{"result":true}',
    '{}',
  ])('is not done when the answer is %s', async (body) => {
    redis.intervention = ({ response }) => Boolean(response.end(body))
    await expect(storeOn(redis).markRevoked('record-1')).rejects.toThrow(RevocationUnavailableError)
  })
})

describeRedis('markDelegationEpoch', (redis) => {
  it('writes what services in other languages read, in one script', async () => {
    await storeOn(redis).markDelegationEpoch('zone-1', 7)
    expect(redis.askedNames).toEqual(['RAISE'])
    expect(await redis.run('KEYS', '*')).toEqual([EPOCH_KEY])
    expect(await redis.run('GET', EPOCH_KEY)).toBe('7')
    await expectLife(redis, EPOCH_KEY, DAY_MS)
  })

  it('is in force for the very next request', async () => {
    const knock = guardedBy(storeOn(redis))
    const mandate = await issuer.mint({ claims: { delegation_graph_epoch: 7 } })
    await storeOn(redis).markDelegationEpoch('zone-1', 7)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
    await storeOn(redis).markDelegationEpoch('zone-1', 8)
    expect(await knock(mandate)).toMatchObject(STALE)
  })

  it.each<{ stored: string; given: number | bigint; larger: string }>([
    { stored: '6', given: 7, larger: '7' },
    { stored: '7', given: 7, larger: '7' },
    { stored: '8', given: 7, larger: '8' },
    { stored: '10', given: 9, larger: '10' },
    { stored: '9', given: 10, larger: '10' },
    { stored: '7', given: 0, larger: '7' },
    { stored: '0', given: 0n, larger: '0' },
    { stored: '000', given: 0, larger: '0' },
    { stored: '0009', given: 10, larger: '10' },
    { stored: '00010', given: 9, larger: '10' },
    { stored: '9007199254740992', given: 9007199254740993n, larger: '9007199254740993' },
    { stored: '9007199254740993', given: 9007199254740992n, larger: '9007199254740993' },
    { stored: '9007199254740993', given: Number.MAX_SAFE_INTEGER, larger: '9007199254740993' },
    { stored: '18446744073709551615', given: 18446744073709551616n, larger: '18446744073709551616' },
    { stored: `1${'0'.repeat(30)}`, given: 10n ** 30n + 1n, larger: `1${'0'.repeat(29)}1` },
    { stored: `1${'0'.repeat(30)}`, given: 10n ** 30n - 1n, larger: `1${'0'.repeat(30)}` },
  ])('makes of $stored and $given the larger', async ({ stored, given, larger }) => {
    await redis.run('SET', EPOCH_KEY, stored)
    await storeOn(redis).markDelegationEpoch('zone-1', given)
    expect(await redis.run('GET', EPOCH_KEY)).toBe(larger)
  })

  it('is a maximum against concurrent writers too, of whatever size', async () => {
    const highest = 2n ** 53n + 60n
    const epochs = Array.from({ length: 60 }, (_, at) => highest - BigInt((at * 37) % 60))
    const stores = [storeOn(redis), storeOn(redis), storeOn(redis)]
    const seen: bigint[] = []
    const writing = epochs.map(async (epoch, at) => {
      await stores[at % 3]?.markDelegationEpoch('zone-1', epoch)
      const now = BigInt(String(await redis.run('GET', EPOCH_KEY)))
      expect(now).toBeGreaterThanOrEqual(epoch)
      seen.push(now)
    })
    await Promise.all(writing)
    expect(seen).toHaveLength(60)
    expect(await redis.run('GET', EPOCH_KEY)).toBe(String(highest))
  })

  it('never shortens the life of an epoch that is there, whichever is the larger', async () => {
    const store = storeOn(redis, { defaultTtlMs: 950_000 })
    await store.markDelegationEpoch('zone-1', 7)
    await expectLife(redis, EPOCH_KEY, 950_000)
    await store.markDelegationEpoch('zone-1', 8, 1_060_000)
    await expectLife(redis, EPOCH_KEY, 1_060_000)
    await store.markDelegationEpoch('zone-1', 9, 5_000)
    await expectLife(redis, EPOCH_KEY, 1_060_000)
    await store.markDelegationEpoch('zone-1', 1, 1_090_000)
    await expectLife(redis, EPOCH_KEY, 1_090_000)
    await redis.run('PERSIST', EPOCH_KEY)
    await store.markDelegationEpoch('zone-1', 10)
    expect([await redis.run('GET', EPOCH_KEY), await redis.run('PTTL', EPOCH_KEY)]).toEqual(['10', -1])
  })

  it.each(['', 'x', '-1', '1.5', '1e3', ' 1', '1\n', '0x10', 'nan', 'inf'])(
    'leaves a stored %j as it is, and says that it failed',
    async (stored) => {
      await redis.run('SET', EPOCH_KEY, stored)
      const marking = storeOn(redis).markDelegationEpoch('zone-1', 7)
      await expect(marking).rejects.toThrow(RevocationUnavailableError)
      await expect(marking).rejects.toMatchObject({ fault: 'status' })
      expect(await redis.run('GET', EPOCH_KEY)).toBe(stored)
    },
  )

  it('leaves a key of another type as it is, and says that it failed', async () => {
    await redis.run('RPUSH', EPOCH_KEY, 'x')
    await expect(storeOn(redis).markDelegationEpoch('zone-1', 7)).rejects.toThrow(RevocationUnavailableError)
    expect(await redis.run('LRANGE', EPOCH_KEY, 0, -1)).toEqual(['x'])
  })

  it.each<{ args: readonly unknown[]; named: string }>([
    { args: ['', 7], named: 'zoneId' },
    { args: [undefined, 7], named: 'zoneId' },
    { args: [1, 7], named: 'zoneId' },
    ...[-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -1n, '7', null, undefined].map((epoch) => ({
      args: ['zone-1', epoch],
      named: 'epoch',
    })),
    { args: ['zone-1', 7, 0], named: 'ttlMs' },
    { args: ['zone-1', 7, 0.5], named: 'ttlMs' },
    { args: ['zone-1', 7, '9'], named: 'ttlMs' },
  ])('refuses $args by name, and asks nobody', async ({ args, named }) => {
    const marking = storeOn(redis).markDelegationEpoch(...(args as [string, number]))
    await expect(marking).rejects.toThrow(TypeError)
    await expect(marking).rejects.toThrow(new RegExp(`^${named} must be`))
    expect(redis.asked).toEqual([])
  })

  it.each(['{"result":null}', '{"result":7}', '{"result":"OK"}', '{"result":""}', '{"result":["7"]}'])(
    'is not done when the answer is %s',
    async (body) => {
      redis.intervention = ({ response }) => Boolean(response.end(body))
      await expect(storeOn(redis).markDelegationEpoch('zone-1', 7)).rejects.toThrow(
        RevocationUnavailableError,
      )
    },
  )
})
