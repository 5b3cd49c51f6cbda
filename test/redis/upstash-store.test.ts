// What the guard reads in Redis for a mandate, how it asks, and what it makes of the values.

import { CaracalConfigError } from 'caracal-edge'
import type { MandateDepartures } from 'caracal-edge/testing'
import { UpstashRevocationStore, type UpstashRevocationStoreOptions } from 'caracal-edge/upstash'
import { describe, expect, it } from 'vitest'
import { ADMITTED, guardedBy, issuer, REVOKED, STALE, UNAVAILABLE } from './guarded.ts'
import { describeRedis, PATIENT, type TestRedis } from './support.ts'

const PREFIX = 'caracal:revoked:sessions:'
const EPOCH_KEY = `${PREFIX}delegation-epoch:zone-1`

/** Four different anchors and an epoch. */
const CLAIMS = {
  sid: 'record-1',
  root_sid: 'record-0',
  agent_session_id: 'agent-1',
  delegation_edge_id: 'edge-1',
}
const IDS: MandateDepartures = { claims: CLAIMS }

function guardOn(redis: TestRedis, options: Partial<UpstashRevocationStoreOptions> = {}) {
  return guardedBy(new UpstashRevocationStore({ ...redis.database, ...PATIENT, ...options }))
}

describeRedis('a lookup', (redis) => {
  it('is one request with one MGET for the four anchors and the epoch', async () => {
    expect(await guardOn(redis)(await issuer.mint(IDS))).toMatchObject(ADMITTED)
    expect(redis.asked).toEqual([
      [
        'MGET',
        `${PREFIX}record-1`,
        `${PREFIX}record-0`,
        `${PREFIX}agent-1`,
        `${PREFIX}edge-1`,
        `${PREFIX}delegation-epoch:zone-1`,
      ],
    ])
  })

  it('is made again for every request, with the same mandate too', async () => {
    const knock = guardOn(redis)
    const mandate = await issuer.mint()
    for (let count = 1; count <= 3; count++) {
      await knock(mandate)
      expect(redis.asked).toHaveLength(count)
    }
  })

  it.each<{ title: string; departures: MandateDepartures; keys: readonly string[] }>([
    {
      title: 'names an anchor once that the mandate has twice',
      departures: { claims: { ...CLAIMS, root_sid: 'record-1', delegation_edge_id: 'agent-1' } },
      keys: ['record-1', 'agent-1', 'delegation-epoch:zone-1'],
    },
    {
      title: 'has no epoch key for a mandate without an epoch',
      departures: { claims: { ...CLAIMS, delegation_graph_epoch: undefined } },
      keys: ['record-1', 'record-0', 'agent-1', 'edge-1'],
    },
    {
      title: 'has one key where no agent acts',
      departures: { agent: false, claims: { sid: 'record-1', root_sid: 'record-1' } },
      keys: ['record-1'],
    },
    {
      title: 'has one key where an anchor is called like the epoch',
      departures: {
        agent: false,
        claims: { delegation_graph_epoch: 1, sid: 'x', root_sid: 'delegation-epoch:zone-1' },
      },
      keys: ['x', 'delegation-epoch:zone-1'],
    },
  ])('$title', async ({ departures, keys }) => {
    expect(await guardOn(redis)(await issuer.mint(departures))).toMatchObject(ADMITTED)
    expect(redis.asked).toEqual([['MGET', ...keys.map((key) => `${PREFIX}${key}`)]])
  })

  it('asks under the prefix that was chosen, and under no other', async () => {
    const knock = guardOn(redis, { keyPrefix: 'mine:' })
    await redis.run('SET', `${PREFIX}record-1`, '1')
    expect(await knock(await issuer.mint(IDS))).toMatchObject(ADMITTED)
    await redis.run('SET', 'mine:record-1', '1')
    expect(await knock(await issuer.mint(IDS))).toMatchObject(REVOKED)
    expect(redis.asked[0]?.slice(1).every((key) => key.startsWith('mine:'))).toBe(true)
  })

  it('finds the database that the environment names', async () => {
    const { url, token } = redis.database
    const env = { UPSTASH_REDIS_REST_URL: `${url}/`, UPSTASH_REDIS_REST_TOKEN: token }
    const knock = guardedBy(UpstashRevocationStore.fromEnv(env, { keyPrefix: 'mine:', ...PATIENT }))
    await redis.run('SET', 'mine:record-1', '1')
    expect(await knock(await issuer.mint(IDS))).toMatchObject(REVOKED)
    expect(await knock(await issuer.mint())).toMatchObject(ADMITTED)
  })
})

describeRedis('an anchor', (redis) => {
  it.each(Object.values(CLAIMS))('%s that is revoked ends the mandate', async (id) => {
    const mandate = await issuer.mint(IDS)
    await redis.run('SET', `${PREFIX}${id}`, '1', 'PX', 60_000)
    expect(await guardOn(redis)(mandate)).toMatchObject(REVOKED)
    await redis.run('DEL', `${PREFIX}${id}`)
    expect(await guardOn(redis)(mandate)).toMatchObject(ADMITTED)
  })

  it.each(['', '0', 'false', 'null', '[]', '{"error":"x"}', 'OK', '\u0000', 'x'.repeat(10_000)])(
    'is revoked by the value %j',
    async (value) => {
      await redis.run('SET', `${PREFIX}edge-1`, value)
      expect(await guardOn(redis)(await issuer.mint(IDS))).toMatchObject(REVOKED)
    },
  )

  it('is revoked by a value that is not UTF-8', async () => {
    await redis.run('SETBIT', `${PREFIX}edge-1`, 0, 1)
    expect(await guardOn(redis)(await issuer.mint(IDS))).toMatchObject(REVOKED)
  })

  it.each([
    'with blanks',
    'line\nbreak',
    '"quoted\\"',
    'gänsefüßchen-\u{1f98a}',
    '{tag}*?[x]',
    '__proto__',
    'a/b?c#d%25',
  ])('may be called %j', async (id) => {
    const store = new UpstashRevocationStore({ ...redis.database, ...PATIENT })
    const mandate = await issuer.mint({ agent: false, claims: { sid: id, root_sid: id } })
    expect(await guardedBy(store)(mandate)).toMatchObject(ADMITTED)
    await store.markRevoked(id)
    expect(await guardedBy(store)(mandate)).toMatchObject(REVOKED)
    expect(await redis.run('GET', `${PREFIX}${id}`)).toBe('1')
  })

  it('whose key has another type reads as absent, because MGET answers nil for it (a documented limit)', async () => {
    await redis.run('RPUSH', `${PREFIX}record-1`, 'x')
    await redis.run('HSET', `${PREFIX}edge-1`, 'x', 'y')
    expect(await guardOn(redis)(await issuer.mint(IDS))).toMatchObject(ADMITTED)
  })
})

describeRedis("the zone's epoch", (redis) => {
  const SAFE = Number.MAX_SAFE_INTEGER

  it.each([
    { stored: '0', own: 7 },
    { stored: '6', own: 7 },
    { stored: '7', own: 7 },
    { stored: '0007', own: 7 },
    { stored: String(SAFE), own: SAFE },
  ])('$stored lets a mandate of $own in', async ({ stored, own }) => {
    await redis.run('SET', EPOCH_KEY, stored)
    expect(
      await guardOn(redis)(await issuer.mint({ claims: { delegation_graph_epoch: own } })),
    ).toMatchObject(ADMITTED)
  })

  it.each([
    { stored: '8', own: 7 },
    { stored: '10', own: 9 },
    { stored: '00010', own: 9 },
    { stored: '1', own: 0 },
    { stored: '9007199254740992', own: SAFE },
    { stored: '9007199254740993', own: SAFE },
    { stored: '9'.repeat(400), own: SAFE },
  ])('$stored makes a mandate of $own stale', async ({ stored, own }) => {
    await redis.run('SET', EPOCH_KEY, stored)
    expect(
      await guardOn(redis)(await issuer.mint({ claims: { delegation_graph_epoch: own } })),
    ).toMatchObject(STALE)
  })

  it.each([
    '',
    ' ',
    'x',
    '-1',
    '+1',
    '1.0',
    '1e3',
    '0x10',
    ' 1',
    '1 ',
    '1\n',
    '1,000',
    '\u0661',
    'null',
    'NaN',
  ])('that reads %j is an outage, until it is an epoch again', async (stored) => {
    const mandate = await issuer.mint({ claims: { delegation_graph_epoch: 7 } })
    await redis.run('SET', EPOCH_KEY, stored)
    expect(await guardOn(redis)(mandate)).toMatchObject({ ...UNAVAILABLE, fault: 'malformed' })
    await redis.run('SET', EPOCH_KEY, '7')
    expect(await guardOn(redis)(mandate)).toMatchObject(ADMITTED)
  })

  it('is nothing to a mandate without an epoch, or of another zone', async () => {
    await redis.run('SET', EPOCH_KEY, '8')
    await redis.run('SET', `${PREFIX}delegation-epoch:zone-10`, '900')
    const knock = guardOn(redis)
    expect(await knock(await issuer.mint({ claims: { delegation_graph_epoch: undefined } }))).toMatchObject(
      ADMITTED,
    )
    expect(await knock(await issuer.mint({ claims: { delegation_graph_epoch: 8 } }))).toMatchObject(ADMITTED)
  })

  it('under a key of another type reads as absent, because MGET answers nil for it (a documented limit)', async () => {
    await redis.run('RPUSH', EPOCH_KEY, '8')
    expect(await guardOn(redis)(await issuer.mint({ claims: { delegation_graph_epoch: 7 } }))).toMatchObject(
      ADMITTED,
    )
  })
})

describe('options', () => {
  const sound = { url: 'https://eu1.upstash.io', token: 'token' }

  it.each<{ wrong: object; named: string }>([
    { wrong: { url: 'http://eu1.upstash.io' }, named: 'url' },
    { wrong: { url: 'eu1.upstash.io' }, named: 'url' },
    { wrong: { url: undefined }, named: 'url' },
    { wrong: { token: '' }, named: 'token' },
    { wrong: { token: 'to ken' }, named: 'token' },
    { wrong: { keyPrefix: '' }, named: 'keyPrefix' },
    { wrong: { defaultTtlMs: 0 }, named: 'defaultTtlMs' },
    { wrong: { timeoutMs: 0.5 }, named: 'timeoutMs' },
    { wrong: { timeoutMs: '1000' }, named: 'timeoutMs' },
    { wrong: { maxSyncAgeMs: 0 }, named: 'maxSyncAgeMs' },
    { wrong: { maxSyncAgeMs: 999 }, named: 'maxSyncAgeMs' },
    { wrong: { timeout: 5 }, named: 'timeout' },
  ])('$wrong is refused by name', ({ wrong, named }) => {
    const build = () => new UpstashRevocationStore({ ...sound, ...wrong })
    expect(build).toThrow(CaracalConfigError)
    expect(build).toThrow(new RegExp(`- (Unknown option ")?${named}\\b`))
  })

  it('are missing by name, and the environment is too', () => {
    const { url, token } = sound
    expect(() => new UpstashRevocationStore({ url } as typeof sound)).toThrow(/token is missing/)
    expect(() => new UpstashRevocationStore({ token } as typeof sound)).toThrow(/url is missing/)
    const env = { UPSTASH_REDIS_REST_URL: 'http://upstash.test', UPSTASH_REDIS_REST_TOKEN: ' ' }
    expect(() => UpstashRevocationStore.fromEnv(env)).toThrow(
      /REST_URL must be an https.*\n.*REST_TOKEN is not set/,
    )
  })
})
