// Messages that were cut from a stream before they had been read: a loss.

import { expect, it } from 'vitest'
import { beatIn, expectHeld, held, lossKey, runBefore } from './losses.ts'
import {
  age,
  announcementsOf,
  caughtUp,
  deliverTo,
  GROUPS,
  namesOf,
  publish,
  REVOCATIONS,
  revocationOf,
  STREAMS,
  type StreamName,
  strictSync,
  sync,
} from './streams.ts'
import { describeRedis, nameOf, type TestRedis } from './support.ts'

/** What can happen to a stream whose group has run before. Each of these loses messages. */
const CUTS: Readonly<Record<string, (redis: TestRedis, stream: StreamName) => Promise<unknown>>> = {
  'is cut before anything of it was read': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XTRIM', stream, 'MAXLEN', 4)
  },
  'is cut by as little as one message': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XTRIM', stream, 'MAXLEN', 8)
  },
  'is emptied': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XTRIM', stream, 'MAXLEN', 0)
  },
  'is bounded by its producer': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XADD', stream, 'MAXLEN', 2, '*', 'a', 'b')
    await redis.run('XDEL', stream, '99-1')
  },
  'is cut beyond what another consumer has read': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await deliverTo(redis, stream, 3)
    await redis.run('XTRIM', stream, 'MAXLEN', 4)
    await redis.run('XGROUP', 'DELCONSUMER', stream, GROUPS[stream], 'other')
  },
  'loses one message from its middle': async (redis, stream) => {
    const ids = await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XDEL', stream, String(ids[4]))
  },
  'loses the last of its messages': async (redis, stream) => {
    const ids = await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XDEL', stream, String(ids[8]))
  },
  'is set forward for the group': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], '$')
  },
  'is cut before all was read, and the group set back': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XTRIM', stream, 'MAXLEN', 8)
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], 0)
  },
  'is set into the future for the group': async (redis, stream) => {
    await publish(redis, stream, ...announcementsOf(stream, 9))
    await redis.run('XGROUP', 'SETID', stream, GROUPS[stream], '99999999999999-0')
  },
}

describeRedis('a loss', (redis) => {
  for (const stream of STREAMS) {
    it.each(Object.keys(CUTS))(`is what a pass meets when ${stream} %s`, async (how) => {
      for (const one of STREAMS) await publish(redis, one, ...announcementsOf(one, 3))
      await runBefore(redis)
      await CUTS[how]?.(redis, stream)
      expect(await strictSync(redis)).toMatchObject({ caughtUp: false, fault: 'trimmed', pending: 0 })
      expect(await beatIn(redis)).toBe(0)
      // A dead letter for the message that is not an announcement would be another loss.
      await sync(redis, { giveUp: ['unverified'] })
      await expectHeld(redis, 'trimmed', stream)
    })

    it(`is what a group meets that had read nothing of ${stream}`, async () => {
      await redis.run('XGROUP', 'CREATE', stream, GROUPS[stream], 0, 'MKSTREAM')
      await publish(redis, stream, ...announcementsOf(stream, 9))
      await redis.run('XTRIM', stream, 'MAXLEN', 4)
      expect(await strictSync(redis, { giveUp: ['restarted'] })).toMatchObject({
        applied: 4,
        fault: 'trimmed',
      })
      await expectHeld(redis, 'trimmed', stream)
    })

    it(`is a message of ${stream} that was pending and is gone`, async () => {
      await runBefore(redis)
      const [id = ''] = await publish(redis, stream, ...announcementsOf(stream, 2))
      await deliverTo(redis, stream, 2)
      await age(redis, stream)
      await redis.run('XDEL', stream, id)
      expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 1 }))
      await expectHeld(redis, 'trimmed', stream)
    })

    it.each(Object.keys(CUTS))(
      `is given up by the pass that meets it, or by a later one, when ${stream} %s`,
      async (how) => {
        for (const one of STREAMS) await publish(redis, one, ...announcementsOf(one, 3))
        await runBefore(redis)
        await CUTS[how]?.(redis, stream)
        expect(await strictSync(redis, { giveUp: ['trimmed', 'unverified'] })).toMatchObject({
          caughtUp: true,
        })
        expect(await strictSync(redis)).toEqual(caughtUp())
        await CUTS[how]?.(redis, stream)
        expect(await strictSync(redis, { giveUp: ['restarted', 'unverified'] })).toMatchObject({
          fault: 'trimmed',
        })
        expect(await strictSync(redis)).toEqual(held('trimmed'))
        expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp())
        await publish(redis, stream, ...announcementsOf(stream, 5))
        expect(await strictSync(redis)).toEqual(caughtUp({ applied: 5 }))
      },
    )
  }

  it('is found where the group stands in the middle of a stream, without a counter of its own', async () => {
    const inTheMiddle: Readonly<Record<string, () => Promise<unknown>>> = {
      'a message was deleted': async () => {
        const ids = await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(9)))
        await redis.run('XDEL', REVOCATIONS, String(ids[7]))
        return sync(redis, { maxMessages: 4 })
      },
      'the group was made at the end': async () => {
        await redis.run('XGROUP', 'DESTROY', REVOCATIONS, GROUPS[REVOCATIONS])
        await redis.run('XGROUP', 'CREATE', REVOCATIONS, GROUPS[REVOCATIONS], '$')
        await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(8)))
        return sync(redis, { maxMessages: 4 })
      },
      'the group was set back': async () => {
        const [id] = await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(3)))
        await sync(redis)
        return redis.run('XGROUP', 'SETID', REVOCATIONS, GROUPS[REVOCATIONS], String(id))
      },
    }
    for (const [how, set] of Object.entries(inTheMiddle)) {
      for (const left of [0, 1]) {
        await redis.run('FLUSHALL')
        await publish(redis, REVOCATIONS, ...revocationOf('a'))
        await runBefore(redis)
        await set()
        await publish(redis, REVOCATIONS, ...revocationOf('lost', ...namesOf(left)))
        await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', left)
        expect(await strictSync(redis), how).toEqual(held('trimmed', { applied: left }))
        expect(await strictSync(redis, { giveUp: ['trimmed'] }), how).toEqual(caughtUp())
        expect(await strictSync(redis), how).toEqual(caughtUp())
      }
    }
  })

  it('is found again after one before it, by as little as one message', async () => {
    await runBefore(redis)
    for (const count of [9, 3, 1]) {
      await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(count)))
      await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', count - 1)
      expect(await strictSync(redis)).toEqual(held('trimmed', { applied: count - 1 }))
      expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp())
    }
    expect(await strictSync(redis)).toEqual(caughtUp())
  })

  it('is found once, also if another consumer of the group reads on', async () => {
    await runBefore(redis)
    await publish(redis, REVOCATIONS, ...revocationOf('a'))
    await strictSync(redis)
    await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(9)))
    await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 4)
    expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp({ applied: 4 }))
    const ids = await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(3)))
    await deliverTo(redis, REVOCATIONS, 2)
    await redis.run('XACK', REVOCATIONS, GROUPS[REVOCATIONS], ...ids)
    expect(await strictSync(redis)).toEqual(caughtUp({ applied: 1 }))
  })

  it('of more pending messages than one command claims does not hide the others from the pass', async () => {
    await runBefore(redis)
    const ids = await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(120)))
    await deliverTo(redis, REVOCATIONS, 120)
    await age(redis, REVOCATIONS)
    await redis.run('XDEL', REVOCATIONS, ...ids.slice(0, 110))
    expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 10 }))
  })

  it('between two looks of one pass keeps that pass from being clean', async () => {
    await runBefore(redis)
    await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(150)))
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) === 'MARK') await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 10)
    }
    expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 110 }))
  })

  it('is held for as long as the pass says', async () => {
    await runBefore(redis)
    await CUTS['is emptied']?.(redis, REVOCATIONS)
    expect(await strictSync(redis, { lossHoldMs: 60_000 })).toEqual(held('trimmed'))
    expect(await redis.run('PTTL', lossKey('trimmed', REVOCATIONS))).toBeLessThanOrEqual(60_000)
    // A later one is held for as long again, and an earlier one never for less.
    await CUTS['is emptied']?.(redis, REVOCATIONS)
    expect(await strictSync(redis)).toEqual(held('trimmed'))
    expect(await redis.run('PTTL', lossKey('trimmed', REVOCATIONS))).toBeGreaterThan(60_000)
    await CUTS['is emptied']?.(redis, REVOCATIONS)
    expect(await strictSync(redis, { lossHoldMs: 60_000 })).toEqual(held('trimmed'))
    expect(await redis.run('PTTL', lossKey('trimmed', REVOCATIONS))).toBeGreaterThan(60_000)
  })
})
