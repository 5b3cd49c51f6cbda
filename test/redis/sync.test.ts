// One pass over the streams: what it reads, what it does with it, where it stops and what it reports.

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { ADMITTED, guardedBy, issuer, REVOKED, STALE } from './guarded.ts'
import {
  age,
  caughtUp,
  DELEGATIONS,
  epochIn,
  epochsOf,
  type Fields,
  GROUPS,
  listOf,
  marksIn,
  PREFIX,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  sync,
} from './streams.ts'
import { describeRedis, nameOf, PATIENT, sleep, type TestRedis } from './support.ts'

const DAY_MS = 86_400_000

/** Delivers what is new in a stream to somebody who then does nothing about it. */
async function deliverTo(redis: TestRedis, consumer: string, stream: keyof typeof GROUPS): Promise<void> {
  await redis.runAll([
    ['XGROUP', 'CREATE', stream, GROUPS[stream], 0, 'MKSTREAM'],
    ['XREADGROUP', 'GROUP', GROUPS[stream], consumer, 'STREAMS', stream, '>'],
  ])
}

/** The names of the groups of a stream, or of the consumers of a group. */
async function namesIn(redis: TestRedis, ...what: readonly string[]): Promise<unknown[]> {
  return listOf(await redis.run('XINFO', ...what)).map((row) => listOf(row)[1])
}

describeRedis('a pass', (redis) => {
  it('carries revocations and epochs from the streams to what guards read', async () => {
    const knock = guardedBy(new UpstashRevocationStore({ ...redis.database, ...PATIENT }))
    const revoked = await issuer.mint({ claims: { sid: 'record-1' } })
    const stale = await issuer.mint({ claims: { delegation_graph_epoch: 6 } })
    const sound = await issuer.mint({ claims: { delegation_graph_epoch: 7 } })
    await publish(redis, REVOCATIONS, ...revocationOf('record-1', 'record-2'))
    await publish(redis, DELEGATIONS, ...epochsOf(7))
    expect(await knock(revoked)).toMatchObject(ADMITTED)

    const report = await sync(redis)
    expect(report).toEqual(caughtUp({ applied: 3 }))
    expect(Object.isFrozen(report)).toBe(true)
    expect(await knock(revoked)).toMatchObject(REVOKED)
    expect(await knock(stale)).toMatchObject(STALE)
    expect(await knock(sound)).toMatchObject(ADMITTED)
    expect(await pendingIn(redis, REVOCATIONS)).toEqual([])
    expect(await pendingIn(redis, DELEGATIONS)).toEqual([])
  })

  it('makes the groups where they are missing, and begins with the oldest message', async () => {
    expect(await sync(redis)).toEqual(caughtUp())
    for (const stream of [REVOCATIONS, DELEGATIONS] as const) {
      expect(await namesIn(redis, 'GROUPS', stream)).toEqual([GROUPS[stream]])
    }
    redis.asked.length = 0
    await sync(redis)
    expect(redis.askedNames).not.toContain('XGROUP')
  })

  it('marks all five anchors of a message, and none that is empty', async () => {
    const anchors = {
      session_id: 'a',
      sid: 'b',
      root_sid: 'c',
      agent_session_id: 'd',
      delegation_edge_id: 'e',
    }
    const rest = { zone_id: 'zone-1', reason: 'x', grant_id: 'grant-1', outbox_id: 'outbox-1' }
    await publish(redis, REVOCATIONS, { ...anchors, ...rest })
    await publish(redis, REVOCATIONS, { ...rest, session_id: '', sid: '', delegation_edge_id: 'alone' })
    expect(await sync(redis)).toEqual(caughtUp({ applied: 2 }))
    const ids = [...'abcde', 'alone']
    const keys = ids.map((id) => `${PREFIX}${id}`)
    expect(await marksIn(redis)).toEqual(keys.sort())
    for (const id of ids) {
      const [value, left] = await redis.runAll([
        ['GET', `${PREFIX}${id}`],
        ['PTTL', `${PREFIX}${id}`],
      ])
      expect(value).toBe('1')
      expect(left).toBeGreaterThan(DAY_MS - 5_000)
    }
  })

  it.each(Object.keys({ session_id: 0, sid: 0, root_sid: 0, agent_session_id: 0, delegation_edge_id: 0 }))(
    'takes %s alone for a revocation',
    async (name) => {
      await publish(redis, REVOCATIONS, { [name]: 'record-1' })
      expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
      expect(await revokedAmong(redis, ['record-1'])).toEqual(['record-1'])
    },
  )

  it('raises the epoch of each zone to its highest, past 2^53 as well, whatever the order', async () => {
    const other = (epoch: string): Fields => ({ zone_id: 'zone-2', epoch })
    await publish(
      redis,
      DELEGATIONS,
      ...epochsOf(5, 3),
      other('9007199254740993'),
      ...epochsOf(10, 9, '0010'),
    )
    await publish(redis, DELEGATIONS, other('9007199254740992'), other('0'))
    expect(await sync(redis)).toEqual(caughtUp({ applied: 8 }))
    expect(await epochIn(redis)).toBe('10')
    expect(await epochIn(redis, 'zone-2')).toBe('9007199254740993')
    expect(await redis.run('PTTL', `${PREFIX}delegation-epoch:zone-2`)).toBeGreaterThan(DAY_MS - 5_000)
  })

  it('reads without blocking, and takes messages together', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf(...Array.from({ length: 250 }, (_, at) => `r-${at}`)))
    await sync(redis)
    expect(redis.asked.flat()).not.toContain('BLOCK')
    expect(redis.askedNames.filter((name) => name === 'MARK')).toHaveLength(3)
  })

  it('uses the prefix, the time to live and the names that it is given', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    await publish(redis, DELEGATIONS, ...epochsOf(7))
    const groups = { revocations: 'mine-r', delegations: 'mine-d' }
    const names = { keyPrefix: 'mine:', groups, consumer: 'me' }
    expect(await sync(redis, { ...names, defaultTtlMs: 950_000 })).toEqual(caughtUp({ applied: 2 }))
    expect(await redis.run('PTTL', 'mine:record-1')).toBeLessThanOrEqual(950_000)
    expect(await redis.run('PTTL', 'mine:delegation-epoch:zone-1')).toBeLessThanOrEqual(950_000)
    expect(await redis.run('KEYS', `${PREFIX}*`)).toEqual([])
    expect(await namesIn(redis, 'CONSUMERS', REVOCATIONS, 'mine-r')).toEqual(['me'])
    expect(await namesIn(redis, 'GROUPS', REVOCATIONS)).toEqual(['mine-r'])
    expect(await namesIn(redis, 'GROUPS', DELEGATIONS)).toEqual(['mine-d'])
  })

  it('of another group gets every message again', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    await sync(redis)
    const mine = { groups: { revocations: 'mine', delegations: 'my-epochs' }, keyPrefix: 'mine:' }
    expect(await sync(redis, mine)).toEqual(caughtUp({ applied: 1 }))
    expect(await redis.run('GET', 'mine:record-1')).toBe('1')
    expect(await sync(redis, mine)).toEqual(caughtUp())
  })
})

describeRedis('what somebody else left behind', (redis) => {
  it.each([REVOCATIONS, DELEGATIONS] as const)('for over 30 s in %s is taken over', async (stream) => {
    await publish(redis, stream, { zone_id: 'zone-1', sid: 'record-1', epoch: '7' })
    await deliverTo(redis, 'lost', stream)
    await age(redis, stream, 27_000)
    expect(await sync(redis)).toEqual({ ...caughtUp(), caughtUp: false })
    expect(await pendingIn(redis, stream)).toMatchObject([{ consumer: 'lost' }])

    await age(redis, stream, 30_500)
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
    expect(await pendingIn(redis, stream)).toEqual([])
    expect(await redis.run('EXISTS', `${PREFIX}record-1`, `${PREFIX}delegation-epoch:zone-1`)).toBe(1)
  })

  it('is dealt with before what is new', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('old'))
    await deliverTo(redis, 'lost', REVOCATIONS)
    await age(redis, REVOCATIONS)
    await publish(redis, REVOCATIONS, ...revocationOf('new'))
    expect(await sync(redis, { maxMessages: 1 })).toMatchObject({ applied: 1, caughtUp: false })
    expect(await revokedAmong(redis, ['old', 'new'])).toEqual(['old'])
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
  })

  it('is taken over in full, however much it is', async () => {
    const ids = Array.from({ length: 350 }, (_, at) => `r-${at}`)
    await publish(redis, REVOCATIONS, ...revocationOf(...ids))
    await deliverTo(redis, 'lost', REVOCATIONS)
    await age(redis, REVOCATIONS)
    expect(await sync(redis)).toEqual(caughtUp({ applied: 350 }))
    expect(await revokedAmong(redis, ids)).toEqual(ids)
  })
})

describeRedis('the bounds of a pass', (redis) => {
  it('are so many messages of each stream; the next one goes on', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf(...'abcdefg'))
    await publish(redis, DELEGATIONS, ...epochsOf(1, 2, 3, 4))
    const applied: number[] = []
    for (let pass = 0; pass < 3; pass++) {
      const report = await sync(redis, { maxMessages: 3 })
      applied.push(report.applied)
      expect(report).toMatchObject({ caughtUp: pass === 2, pending: 0, fault: undefined })
    }
    expect(applied).toEqual([6, 4, 1])
    expect(await epochIn(redis)).toBe('4')
  })

  it('are a thousand messages unless it is told otherwise', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf(...Array.from({ length: 1_001 }, (_, at) => `r-${at}`)))
    expect(await sync(redis)).toMatchObject({ applied: 1_000, caughtUp: false })
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1 }))
  })

  it('are a time, of which half is kept for the second stream', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf(...Array.from({ length: 900 }, (_, at) => `r-${at}`)))
    await publish(redis, DELEGATIONS, ...epochsOf(7))
    redis.intervention = async (exchange) => {
      const isSlow = nameOf(exchange) === 'TAKE' && exchange.commands.flat().includes(REVOCATIONS)
      if (isSlow) await sleep(400)
    }
    expect(await sync(redis, { maxDurationMs: 2_000 })).toMatchObject({ caughtUp: false, fault: undefined })
    expect(await epochIn(redis)).toBe('7')
  })

  it('are a time, after which it reads no more', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf(...Array.from({ length: 300 }, (_, at) => `r-${at}`)))
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) === 'TAKE') await sleep(2_100)
    }
    const startedAt = performance.now()
    const report = await sync(redis, { maxDurationMs: 2_000 })
    expect(performance.now() - startedAt).toBeLessThan(8_000)
    expect(report).toEqual({ ...caughtUp({ applied: 100 }), caughtUp: false })
    expect(redis.askedNames.filter((name) => name === 'TAKE')).toHaveLength(1)
  })
})
