// A bridge between streams and keys that has died must be noticed: by the store, at every lookup.

import { UpstashRevocationStore, type UpstashRevocationStoreOptions } from 'caracal-edge/upstash'
import { describe, expect, it, vi } from 'vitest'
import { answer, close } from './endpoint-faults.ts'
import { ADMITTED, guardedBy, issuer, REVOKED, UNAVAILABLE } from './guarded.ts'
import { beatIn, lossKey } from './losses.ts'
import {
  age,
  behind,
  caughtUp,
  DELEGATIONS,
  deliverTo,
  epochsOf,
  GROUPS,
  listOf,
  PREFIX,
  publish,
  REVOCATIONS,
  revocationOf,
  strictSync,
  sync,
} from './streams.ts'
import { describeRedis, nameOf, onCommand, PATIENT, sleep, type TestRedis } from './support.ts'

const BEAT_KEY = `${PREFIX}sync-heartbeat`
const MAX_AGE_MS = 180_000

/** Where a pass over the revocations has its last reading, if there was only one pass. */
async function passKey(redis: TestRedis): Promise<string> {
  const [key] = listOf(await redis.run('KEYS', `${lossKey('pass', REVOCATIONS)}:*`))
  return String(key)
}

function guardOn(redis: TestRedis, options: Partial<UpstashRevocationStoreOptions> = {}) {
  return guardedBy(
    new UpstashRevocationStore({ ...redis.database, maxSyncAgeMs: MAX_AGE_MS, ...PATIENT, ...options }),
  )
}

describeRedis('a pass that has caught up', (redis) => {
  it.each([0, 3_600_000, -3_600_000])(
    'notes when it began, for good, with a clock %d ms ahead of Redis',
    async (aheadMs) => {
      const realNow = () => performance.timeOrigin + performance.now()
      let readAt = 0
      let asked = 0
      redis.intervention = async () => {
        if (asked++ === 0) return
        // The heartbeat does not cover messages that arrive after the first reading.
        readAt ||= realNow()
        await sleep(50)
      }
      const clock = vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(realNow() + aheadMs))
      const before = realNow()
      try {
        expect(await sync(redis)).toEqual(caughtUp())
      } finally {
        clock.mockRestore()
      }
      const beat = (await beatIn(redis)) - Math.min(0, aheadMs)
      expect(beat).toBeGreaterThanOrEqual(Math.floor(before) - 5)
      expect(beat).toBeLessThanOrEqual(readAt)
      expect(await redis.run('PTTL', BEAT_KEY)).toBe(-1)
    },
  )

  it('notes when its first reading was made, and not when a client repeated that without an answer', async () => {
    await sync(redis)
    const realNow = () => performance.timeOrigin + performance.now()
    let announcedAt = 0
    redis.intervention = async (exchange) => {
      redis.intervention = undefined
      await exchange.run()
      await sleep(50)
      announcedAt = realNow()
      await publish(redis, REVOCATIONS, ...revocationOf('a'))
      await deliverTo(redis, REVOCATIONS, 1)
      await sleep(50)
      return close(exchange)
    }
    // The clock of the consumer is ahead, and would say nothing.
    const clock = vi.spyOn(Date, 'now').mockImplementation(() => Math.floor(realNow() + 3_600_000))
    try {
      expect(await sync(redis)).toEqual(caughtUp())
    } finally {
      clock.mockRestore()
    }
    expect(await beatIn(redis)).toBeLessThan(announcedAt)
  })

  it('notes it under the prefix that it is given', async () => {
    await sync(redis, { keyPrefix: 'mine:', groups: { revocations: 'mine', delegations: 'my-epochs' } })
    expect(await redis.run('EXISTS', BEAT_KEY)).toBe(0)
    expect(await redis.run('EXISTS', 'mine:sync-heartbeat')).toBe(1)
    expect(await guardOn(redis, { keyPrefix: 'mine:' })(await issuer.mint())).toMatchObject(ADMITTED)
  })

  it('notes nothing if Redis has not heard of its last reading', async () => {
    const before: Readonly<Record<string, () => Promise<unknown>>> = {
      'lost everything': async () => {
        await redis.run('FLUSHALL')
        for (const stream of [REVOCATIONS, DELEGATIONS] as const) {
          await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], '$', 'MKSTREAM')
        }
      },
      'has not heard of it': async () => redis.run('DEL', await passKey(redis)),
      'has heard of an earlier reading only': async () => redis.run('SET', await passKey(redis), '1 1 9-9 1'),
      'has something else there': async () => {
        const key = await passKey(redis)
        await redis.run('DEL', key)
        await redis.run('RPUSH', key, '2')
      },
    }
    for (const [what, happens] of Object.entries(before)) {
      await redis.run('FLUSHALL')
      await sync(redis)
      await redis.run('DEL', BEAT_KEY, await passKey(redis))
      await publish(redis, REVOCATIONS, ...revocationOf('a'))
      redis.intervention = async (exchange) => {
        if (nameOf(exchange) === 'BEAT') await happens()
      }
      expect(await strictSync(redis), what).toMatchObject({ caughtUp: false, fault: undefined })
      expect(await redis.run('EXISTS', BEAT_KEY), what).toBe(0)
      redis.intervention = undefined
    }
  })

  it('leaves its last reading there for a minute, however long it may take', async () => {
    await sync(redis, { maxDurationMs: 2 ** 31 - 1 })
    const left = Number(await redis.run('PTTL', await passKey(redis)))
    expect(left).toBeGreaterThan(50_000)
    expect(left).toBeLessThanOrEqual(60_000)
  })

  it('notes it again, every time', async () => {
    await redis.run('SET', BEAT_KEY, '1000')
    await sync(redis)
    expect(await beatIn(redis)).toBeGreaterThan(Date.now() - 5_000)
  })
})

describeRedis('a pass notes nothing', (redis) => {
  it('while messages are left', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1', 'record-2'))
    expect(await sync(redis, { maxMessages: 1 })).toMatchObject({ applied: 1, caughtUp: false })
    expect(await redis.run('EXISTS', BEAT_KEY)).toBe(0)
  })

  it.each([REVOCATIONS, DELEGATIONS] as const)('while somebody else has a message of %s', async (stream) => {
    await publish(redis, stream, { sid: 'record-1', zone_id: 'zone-1', epoch: '7' })
    redis.intervention = onCommand(stream === REVOCATIONS ? 'MARK' : 'RAISE', answer(500, '{}'))
    await sync(redis)
    redis.intervention = undefined
    expect(await sync(redis)).toMatchObject({ caughtUp: false, fault: undefined })
    expect(await redis.run('EXISTS', BEAT_KEY)).toBe(0)
    await age(redis, stream)
    expect(await sync(redis)).toMatchObject({ caughtUp: true })
    expect(await redis.run('EXISTS', BEAT_KEY)).toBe(1)
  })

  it('while poison cannot be put aside', async () => {
    await redis.run('SET', `${DELEGATIONS}.dead`, 'no stream')
    await publish(redis, DELEGATIONS, ...epochsOf('x'))
    expect(await sync(redis)).toMatchObject({ pending: 1, caughtUp: false })
    expect(await redis.run('EXISTS', BEAT_KEY)).toBe(0)
  })

  it('and has not caught up if it cannot note it', async () => {
    redis.intervention = onCommand('BEAT', answer(200, '{"result":null}'))
    expect(await sync(redis)).toEqual(behind({ fault: 'malformed' }))
  })
})

describeRedis('a store that is to notice a silent bridge', (redis) => {
  it('asks for the heartbeat in the same MGET', async () => {
    await sync(redis)
    redis.asked.length = 0
    expect(
      await guardOn(redis)(await issuer.mint({ agent: false, claims: { sid: 'a', root_sid: 'b' } })),
    ).toMatchObject(ADMITTED)
    expect(redis.asked).toEqual([['MGET', `${PREFIX}a`, `${PREFIX}b`, BEAT_KEY]])
  })

  it('does not ask for it unless it is told to', async () => {
    const store = new UpstashRevocationStore({ ...redis.database, ...PATIENT })
    expect(await guardedBy(store)(await issuer.mint())).toMatchObject(ADMITTED)
    expect(redis.asked.flat()).not.toContain(BEAT_KEY)
  })

  it('lets nobody in before the first pass, and everybody after it', async () => {
    const knock = guardOn(redis)
    const mandate = await issuer.mint()
    expect(await knock(mandate)).toMatchObject({ ...UNAVAILABLE, fault: 'stale' })
    await sync(redis)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
  })

  it.each([
    { agoMs: 0, isYoung: true },
    { agoMs: MAX_AGE_MS - 5_000, isYoung: true },
    { agoMs: MAX_AGE_MS + 1, isYoung: false },
    { agoMs: 86_400_000, isYoung: false },
    { agoMs: -50_000, isYoung: true },
    { agoMs: -65_000, isYoung: false },
    { agoMs: -86_400_000, isYoung: false },
  ])('thinks of a heartbeat of $agoMs ms ago that it is young: $isYoung', async ({ agoMs, isYoung }) => {
    const knock = guardOn(redis)
    const mandate = await issuer.mint()
    await redis.run('SET', BEAT_KEY, String(Date.now() - agoMs))
    expect(await knock(mandate)).toMatchObject(isYoung ? ADMITTED : { ...UNAVAILABLE, fault: 'stale' })
    await sync(redis)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
  })

  it('takes the age that it was given', async () => {
    const mandate = await issuer.mint()
    await redis.run('SET', BEAT_KEY, String(Date.now() - 50_000))
    expect(await guardOn(redis, { maxSyncAgeMs: 40_000 })(mandate)).toMatchObject(UNAVAILABLE)
    expect(await guardOn(redis, { maxSyncAgeMs: 60_000 })(mandate)).toMatchObject(ADMITTED)
  })

  it('refuses a revoked mandate as such while the bridge lives', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    await sync(redis)
    expect(await guardOn(redis)(await issuer.mint({ claims: { sid: 'record-1' } }))).toMatchObject(REVOKED)
  })

  it('lets nobody in when the bridge ran on without ever catching up', async () => {
    await redis.run('SET', BEAT_KEY, String(Date.now() - MAX_AGE_MS - 1))
    await publish(redis, REVOCATIONS, ...revocationOf('record-1', 'record-2'))
    await sync(redis, { maxMessages: 1 })
    const knock = guardOn(redis)
    expect(await knock(await issuer.mint({ claims: { sid: 'record-2' } }))).toMatchObject(UNAVAILABLE)
    await sync(redis)
    expect(await knock(await issuer.mint({ claims: { sid: 'record-2' } }))).toMatchObject(REVOKED)
    expect(await knock(await issuer.mint())).toMatchObject(ADMITTED)
  })

  it('lets nobody in when Redis came back empty, until a pass has caught up', async () => {
    const knock = guardOn(redis)
    const mandate = await issuer.mint()
    await sync(redis)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
    await redis.killServer()
    await redis.startServer()
    expect(await knock(mandate)).toMatchObject({ ...UNAVAILABLE, fault: 'stale' })
    await sync(redis)
    expect(await knock(mandate)).toMatchObject(ADMITTED)
  })

  describe.each(['', ' ', 'x', '-1', '1e13', '1.5', 'NaN', '0x1'])('that reads %j', (value) => {
    it('lets nobody in', async () => {
      await redis.run('SET', BEAT_KEY, value)
      expect(await guardOn(redis)(await issuer.mint())).toMatchObject({ ...UNAVAILABLE, fault: 'malformed' })
    })
  })

  it('lets nobody in when the heartbeat is of another type', async () => {
    await redis.run('RPUSH', BEAT_KEY, String(Date.now()))
    expect(await guardOn(redis)(await issuer.mint())).toMatchObject({ ...UNAVAILABLE, fault: 'stale' })
  })
})
