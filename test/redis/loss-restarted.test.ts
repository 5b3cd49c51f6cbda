// A Redis that lost its data, which passes notice by what they noted before.

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { close } from './endpoint-faults.ts'
import { ADMITTED, guardedBy, issuer, REVOKED, UNAVAILABLE } from './guarded.ts'
import { beatIn, FIFTEEN_MINUTES_MS, hasPassed, held, lossKey, runBefore } from './losses.ts'
import {
  add,
  announcementsOf,
  caughtUp,
  DELEGATIONS,
  deliverTo,
  epochsOf,
  GROUPS,
  listOf,
  PREFIX,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  STREAMS,
  type StreamName,
  strictSync,
  sync,
} from './streams.ts'
import { describeRedis, nameOf, PATIENT, type TestRedis } from './support.ts'

/** Another consumer reads a message and dies. A pass sees that it is pending. */
async function leavePending(redis: TestRedis, stream: StreamName): Promise<void> {
  await publish(redis, stream, ...announcementsOf(stream, 1))
  await deliverTo(redis, stream, 1)
  expect(await strictSync(redis)).toMatchObject({ caughtUp: false })
}

/** Every one of them makes a Redis forget what was announced, or looks like it. */
const FAILURES: Readonly<Record<string, (redis: TestRedis, stream: StreamName) => Promise<unknown>>> = {
  'lost everything': (redis) => redis.run('FLUSHALL'),
  'came back empty': async (redis) => {
    await redis.killServer()
    await redis.startServer()
  },
  'lost a stream': (redis, stream) => redis.run('DEL', stream),
  'has a stream under another name': (redis, stream) => redis.run('RENAME', stream, 'aside'),
  'lost a group': (redis, stream) => redis.run('XGROUP', 'DESTROY', stream, GROUPS[stream]),
  'lost a stream, which others made again': async (redis, stream) => {
    await redis.run('DEL', stream)
    for (let at = 1; at < 40; at++) await redis.run('XADD', stream, `1-${at}`, 'a', 'b')
    await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], '$')
  },
  'lost a stream, of which others made a shorter one': async (redis, stream) => {
    await redis.run('DEL', stream)
    await redis.run('XADD', stream, '*', 'a', 'b')
    await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], '$')
  },
  'lost a stream, of which others made a longer one': async (redis, stream) => {
    await redis.run('DEL', stream)
    await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], 0, 'MKSTREAM')
    await publish(redis, stream, ...announcementsOf(stream, 20))
  },
  'lost a stream, of which others made a longer one and read a part': async (redis, stream) => {
    await redis.run('DEL', stream)
    await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], 0, 'MKSTREAM')
    await publish(redis, stream, ...announcementsOf(stream, 20))
    await deliverTo(redis, stream, 3)
    const ids = (await pendingIn(redis, stream)).map(({ id }) => id)
    await redis.run('XACK', stream, GROUPS[stream], '0-1', ...ids)
  },
  'went back to an older stream': async (redis, stream) => {
    await redis.run('COPY', stream, 'aside', 'REPLACE')
    await publish(redis, stream, ...announcementsOf(stream, 1))
    await strictSync(redis)
    await redis.run('DEL', `${PREFIX}sync-heartbeat`)
    await redis.run('COPY', 'aside', stream, 'REPLACE')
  },
  'had the last id of a stream set back': async (redis, stream) => {
    await redis.run('XTRIM', stream, 'MAXLEN', 0)
    await redis.run('XSETID', stream, '1-1')
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], '$')
  },
  'had the counter of a stream set back': async (redis, stream) => {
    const info = listOf(await redis.run('XINFO', 'STREAM', stream))
    const last = String(info[info.indexOf('last-generated-id') + 1])
    await redis.run('XTRIM', stream, 'MAXLEN', 0)
    await redis.run('XSETID', stream, last, 'ENTRIESADDED', 1, 'MAXDELETEDID', '0-0')
  },
  'lost a group with messages pending, which others made again at the end': async (redis, stream) => {
    await leavePending(redis, stream)
    await redis.run('XGROUP', 'DESTROY', stream, GROUPS[stream])
    await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], '$')
  },
  'lost a group with messages pending, which others made again, and the messages': async (redis, stream) => {
    await leavePending(redis, stream)
    await redis.run('XGROUP', 'DESTROY', stream, GROUPS[stream])
    await redis.run('XTRIM', stream, 'MAXLEN', 0)
    await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], 0)
  },
  'lost all consumers of a group, with messages pending': async (redis, stream) => {
    await leavePending(redis, stream)
    for (const consumer of ['other', 'caracal-edge']) {
      await redis.run('XGROUP', 'DELCONSUMER', stream, GROUPS[stream], consumer)
    }
  },
  'lost the consumer of a pass that breaks off': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 1))
    await add(redis, stream, [{ session_id: 'unsigned' }])
    let isOver = false
    redis.intervention = async (exchange) => {
      const name = nameOf(exchange)
      if (name === 'MARK' || name === 'RAISE') {
        await redis.run('XGROUP', 'DELCONSUMER', stream, GROUPS[stream], 'caracal-edge')
      }
      isOver ||= name === 'BURY'
      return isOver && close(exchange)
    }
    await strictSync(redis)
    redis.intervention = undefined
  },
  'lost what passes noted': (redis, stream) => redis.run('DEL', lossKey('seen', stream)),
}

describeRedis('a Redis that', (redis) => {
  for (const stream of STREAMS) {
    it.each(Object.keys(FAILURES))(`%s (${stream}) is noticed, held, and given up`, async (how) => {
      await publish(redis, REVOCATIONS, ...revocationOf('a', 'b', 'c'))
      await publish(redis, DELEGATIONS, ...epochsOf(1, 2, 3))
      await runBefore(redis)
      await FAILURES[how]?.(redis, stream)
      expect(await strictSync(redis)).toMatchObject({ caughtUp: false, fault: 'restarted' })
      const left = Number(await redis.run('PTTL', lossKey('restarted', stream)))
      expect(left).toBeGreaterThan(FIFTEEN_MINUTES_MS - 10_000)
      expect(left).toBeLessThanOrEqual(FIFTEEN_MINUTES_MS)
      expect(await strictSync(redis)).toEqual(held('restarted'))
      expect(await redis.run('PTTL', lossKey('restarted', stream))).toBeLessThanOrEqual(left)
      expect(await strictSync(redis, { giveUp: ['trimmed', 'unverified'] })).toEqual(held('restarted'))
      expect(await beatIn(redis)).toBe(0)
      await hasPassed(redis)
      expect(await strictSync(redis)).toEqual(caughtUp())

      await publish(redis, REVOCATIONS, ...revocationOf('a', 'b', 'c'))
      await publish(redis, DELEGATIONS, ...epochsOf(1, 2, 3))
      expect(await strictSync(redis)).toEqual(caughtUp({ applied: 6 }))
      await FAILURES[how]?.(redis, stream)
      expect(await strictSync(redis, { giveUp: ['restarted'] })).toMatchObject({
        caughtUp: true,
        fault: undefined,
      })
      expect(await strictSync(redis)).toEqual(caughtUp())
    })
  }

  it('lost everything leaves nobody who asks for the heartbeat in, until it is given up', async () => {
    const knock = guardedBy(
      new UpstashRevocationStore({ ...redis.database, ...PATIENT, maxSyncAgeMs: 180_000 }),
    )
    const revoked = await issuer.mint({ claims: { sid: 'record-1' } })
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    await sync(redis)
    expect(await knock(revoked)).toMatchObject(REVOKED)
    await redis.run('FLUSHALL')
    await strictSync(redis)
    expect(await knock(revoked)).toMatchObject({ ...UNAVAILABLE, fault: 'stale' })
    await strictSync(redis, { giveUp: ['restarted'] })
    // That is what giving up means.
    expect(await knock(revoked)).toMatchObject(ADMITTED)
  })

  it('loses everything in the middle of a pass is noticed by that pass', async () => {
    await runBefore(redis)
    for (const name of ['TAKE', 'MARK', 'RAISE', 'BEAT']) {
      await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
      await publish(redis, DELEGATIONS, ...epochsOf(7))
      let isFirst = true
      redis.intervention = async (exchange) => {
        if (nameOf(exchange) !== name || !isFirst) return
        isFirst = false
        await redis.run('FLUSHALL')
      }
      expect(await strictSync(redis), name).toMatchObject({ caughtUp: false })
      redis.intervention = undefined
      expect(await strictSync(redis), name).toMatchObject({ caughtUp: false, fault: 'restarted' })
      expect(await beatIn(redis)).toBe(0)
      await sync(redis)
      await redis.run('DEL', `${PREFIX}sync-heartbeat`)
    }
  })
})

describeRedis('a stream of which a part was read', (redis) => {
  it.each(STREAMS)(
    'is noticed when others make a shorter one, and cut as much of it (%s)',
    async (stream) => {
      await runBefore(redis)
      await publish(redis, stream, ...announcementsOf(stream, 9))
      expect(await strictSync(redis, { maxMessages: 2 })).toMatchObject({ applied: 2, fault: undefined })
      await redis.run('DEL', stream)
      await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], 0, 'MKSTREAM')
      await publish(redis, stream, ...announcementsOf(stream, 4))
      await redis.run('XTRIM', stream, 'MAXLEN', 2)
      expect(await strictSync(redis)).toMatchObject({ applied: 2, caughtUp: false })
      expect(await redis.run('EXISTS', lossKey('restarted', stream))).toBe(1)
    },
  )
})

describeRedis('a stream of which nothing was ever read', (redis) => {
  it.each(STREAMS)('is noticed when others make it again (%s)', async (stream) => {
    await runBefore(redis)
    await publish(redis, stream, ...announcementsOf(stream, 1))
    await redis.run('DEL', stream)
    await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], 0, 'MKSTREAM')
    await publish(redis, stream, ...announcementsOf(stream, 2))
    expect(await strictSync(redis)).toEqual(held('restarted', { applied: 2 }))
  })

  it.each(STREAMS)('is not reported when its group is set to its end (%s)', async (stream) => {
    await runBefore(redis)
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], '$')
    expect(await strictSync(redis)).toEqual(caughtUp())
  })

  it.each(STREAMS)('is not reported because its group has no consumers (%s)', async (stream) => {
    await runBefore(redis)
    await redis.run('XGROUP', 'DELCONSUMER', stream, GROUPS[stream], 'caracal-edge')
    expect(await strictSync(redis)).toEqual(caughtUp())
  })
})
