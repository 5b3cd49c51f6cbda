// What looks like messages that were cut from a stream before they had been read, but is not a loss.

import { expect, it } from 'vitest'
import { held, runBefore } from './losses.ts'
import {
  announcementsOf,
  caughtUp,
  DELEGATIONS,
  deliverTo,
  epochsOf,
  GROUPS,
  listOf,
  namesOf,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  STREAMS,
  type StreamName,
  strictSync,
  sync,
} from './streams.ts'
import { describeRedis, type TestRedis } from './support.ts'

/** None of these loses anything. */
const HONEST: Readonly<Record<string, (redis: TestRedis, stream: StreamName) => Promise<unknown>>> = {
  'a cut of what was read': (redis, stream) => redis.run('XTRIM', stream, 'MAXLEN', 0),
  'a cut of a part of what was read': (redis, stream) => redis.run('XTRIM', stream, 'MAXLEN', 1),
  'a cut of what was read, and then new messages': async (redis, stream) => {
    await redis.run('XTRIM', stream, 'MAXLEN', 0)
    await publish(redis, stream, ...announcementsOf(stream, 5))
  },
  'a cut of exactly what was read, with new messages behind it': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 5))
    await redis.run('XTRIM', stream, 'MAXLEN', 5)
  },
  'a message that was deleted after it was read': async (redis, stream) => {
    const ids = await publish(redis, stream, ...announcementsOf(stream, 5))
    await sync(redis)
    await redis.run('XDEL', stream, String(ids[2]))
    await publish(redis, stream, ...announcementsOf(stream, 5))
  },
  'a second group that reads ahead and behind': async (redis, stream) => {
    await redis.run('XGROUP', 'CREATE', stream, 'second', 0)
    await publish(redis, stream, ...announcementsOf(stream, 5))
    await redis.run('XREADGROUP', 'GROUP', 'second', 'x', 'COUNT', 2, 'STREAMS', stream, '>')
    await redis.run('XGROUP', 'CREATE', stream, 'third', '$')
  },
  'another consumer that is in the middle': async (redis, stream) => {
    const ids = await publish(redis, stream, ...announcementsOf(stream, 5))
    await deliverTo(redis, stream, 2)
    await redis.run('XACK', stream, GROUPS[stream], ...ids.slice(0, 2))
    await redis.run('XTRIM', stream, 'MAXLEN', 3)
  },
  'a group that was set back': (redis, stream) => redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0),
  'a group that was set back after a cut of what was read': async (redis, stream) => {
    await redis.run('XTRIM', stream, 'MAXLEN', 2)
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0)
  },
  'a group that was set back after all was cut': async (redis, stream) => {
    await redis.run('XTRIM', stream, 'MAXLEN', 0)
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0)
  },
  'a group that was set back after a cut of what was read, with new messages behind it': async (
    redis,
    stream,
  ) => {
    await publish(redis, stream, ...announcementsOf(stream, 2))
    await redis.run('XTRIM', stream, 'MAXLEN', 2)
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0)
  },
  'a group that was set back, with a message deleted that it had read': async (redis, stream) => {
    const ids = await publish(redis, stream, ...announcementsOf(stream, 5))
    await sync(redis)
    await redis.run('XDEL', stream, String(ids[2]))
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0)
  },
  'a group that was set back to the middle': async (redis, stream) => {
    const ids = await publish(redis, stream, ...announcementsOf(stream, 5))
    await sync(redis)
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], String(ids[1]))
  },
  'a group that was set back, a part of it read again, and then a cut of what was read before': async (
    redis,
    stream,
  ) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await sync(redis)
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0)
    expect(await strictSync(redis, { maxMessages: 4 })).toMatchObject({ fault: undefined })
    await redis.run('XTRIM', stream, 'MAXLEN', 1)
    await publish(redis, stream, ...announcementsOf(stream, 2))
  },
  'a group that was set back, and its consumers deleted': async (redis, stream) => {
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0)
    await redis.run('XGROUP', 'DELCONSUMER', stream, GROUPS[stream], 'caracal-edge')
  },
  'a group that was set back, a part of it read again, and the rest by another consumer': async (
    redis,
    stream,
  ) => {
    const ids = await publish(redis, stream, ...announcementsOf(stream, 6))
    await sync(redis)
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0)
    expect(await strictSync(redis, { maxMessages: 2 })).toMatchObject({ applied: 2, fault: undefined })
    const later = await publish(redis, stream, ...announcementsOf(stream, 2))
    await deliverTo(redis, stream, 100)
    await redis.run('XACK', stream, GROUPS[stream], ...ids, ...later)
    const pending = (await pendingIn(redis, stream)).map(({ id }) => id)
    await redis.run('XACK', stream, GROUPS[stream], '0-1', ...pending)
  },
  'a last id that was set forward': async (redis, stream) => {
    await redis.run('XSETID', stream, '99999999999999-0')
    await publish(redis, stream, ...announcementsOf(stream, 2))
  },
  'consumers that were deleted after all they had was acknowledged': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 5))
    expect(await strictSync(redis, { maxMessages: 4 })).toMatchObject({ applied: 4, fault: undefined })
    for (const consumer of ['other', 'caracal-edge']) {
      await redis.run('XGROUP', 'DELCONSUMER', stream, GROUPS[stream], consumer)
    }
  },
  'a counter of the group that an operator mended': async (redis, stream) => {
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], '$', 'ENTRIESREAD', 3)
  },
  'dead letters of another consumer': (redis, stream) =>
    redis.run(
      'XADD',
      `${stream}.dead`,
      '*',
      'source_id',
      '1-1',
      'reason',
      'invalid_signature',
      'payload',
      '{}',
    ),
}

describeRedis('no loss', (redis) => {
  for (const stream of STREAMS) {
    it.each(Object.keys(HONEST))(`is what a pass meets in ${stream} after %s`, async (how) => {
      for (const one of STREAMS) await publish(redis, one, ...announcementsOf(one, 3))
      await runBefore(redis)
      await HONEST[how]?.(redis, stream)
      for (let pass = 0; pass < 3; pass++) {
        expect(await strictSync(redis)).toMatchObject({ caughtUp: true, fault: undefined })
      }
    })
  }

  it('is in a message that was cut while another consumer works on it', async () => {
    await runBefore(redis)
    const [id = ''] = await publish(redis, REVOCATIONS, ...revocationOf('a'))
    await deliverTo(redis, REVOCATIONS, 1)
    await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 0)
    await publish(redis, REVOCATIONS, ...revocationOf('b'))
    expect(await strictSync(redis)).toEqual({ ...caughtUp({ applied: 1 }), caughtUp: false })
    await redis.run('XACK', REVOCATIONS, GROUPS[REVOCATIONS], id)
    expect(await strictSync(redis)).toEqual(caughtUp())
  })

  it('is in a bounded stream that the passes keep pace with', async () => {
    await runBefore(redis)
    for (let at = 0; at < 60; at++) {
      const [id] = await publish(redis, REVOCATIONS, { session_id: `record-${at}` })
      await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 1 + (at % 4))
      expect(await redis.run('XRANGE', REVOCATIONS, String(id), String(id))).toHaveLength(1)
      if (at % 2) expect(await strictSync(redis)).toMatchObject({ caughtUp: at % 4 !== 0 })
    }
  })

  it('is in what was cut long before a first start, which is reported only as such', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(9)))
    await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 5)
    const [first] = listOf(await redis.run('XRANGE', REVOCATIONS, '-', '+', 'COUNT', 1))
    await redis.run('XDEL', REVOCATIONS, String(listOf(first)[0]))
    await publish(redis, DELEGATIONS, ...epochsOf(1, 2, 3))
    await redis.run('XTRIM', DELEGATIONS, 'MAXLEN', 0)
    expect(await strictSync(redis)).toEqual(held('restarted', { applied: 4 }))
    expect(await strictSync(redis, { giveUp: ['restarted'] })).toEqual(caughtUp())
    expect(await strictSync(redis)).toEqual(caughtUp())
    expect(await revokedAmong(redis, namesOf(9))).toHaveLength(4)
  })
})
