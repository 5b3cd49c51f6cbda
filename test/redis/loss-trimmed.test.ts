// Messages that were cut from a stream before they had been read, and what looks like such a loss but is not one.

import { expect, it } from 'vitest'
import { beatIn, expectHeld, held, lossKey, runBefore } from './losses.ts'
import {
  age,
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
  signed,
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

/** How often scripts and others have read a part of a stream. */
async function rangesIn(redis: TestRedis): Promise<number> {
  const stats = String(await redis.run('INFO', 'commandstats'))
  return Number(/cmdstat_xrange:calls=(\d+)/.exec(stats)?.[1] ?? 0)
}

describeRedis('in a long backlog', (redis) => {
  it('a message that was deleted is a loss, and nothing is read only to count it', async () => {
    await runBefore(redis)
    const ids = await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(3_000)))
    await strictSync(redis, { maxMessages: 4 })
    await redis.run('XDEL', REVOCATIONS, String(ids[2_900]))
    const before = await rangesIn(redis)
    const faults = []
    for (let pass = 0; pass < 4; pass++) faults.push((await strictSync(redis)).fault)
    expect(await rangesIn(redis)).toBe(before)
    expect(faults.at(-1)).toBe('trimmed')
    expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp())
    expect(await strictSync(redis)).toEqual(caughtUp())
  })

  it('from which a message was deleted, a first start says only that it is one', async () => {
    const ids = await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(3_000)))
    await redis.run('XDEL', REVOCATIONS, String(ids[2_900]))
    expect(await strictSync(redis, { giveUp: ['restarted'] })).toMatchObject({ fault: undefined })
    const before = await rangesIn(redis)
    for (let pass = 0; pass < 2; pass++) expect((await strictSync(redis)).fault).toBeUndefined()
    expect(await strictSync(redis)).toMatchObject({ caughtUp: true })
    expect(await rangesIn(redis)).toBe(before)
  })

  it('a group that was set forward is a loss until what is left can be counted', async () => {
    await runBefore(redis)
    const ids = await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(2_500)))
    await redis.run('XGROUP', 'SETID', REVOCATIONS, GROUPS[REVOCATIONS], String(ids[499]))
    const options = { maxMessages: 800 } as const
    expect(await strictSync(redis, options)).toMatchObject({ fault: 'trimmed' })
    // More than a thousand are left.
    await redis.run('DEL', lossKey('trimmed', REVOCATIONS))
    expect(await strictSync(redis, { ...options, maxMessages: 1 })).toMatchObject({ fault: 'trimmed' })
    expect(await rangesIn(redis)).toBeLessThan(1_000)
    expect(await strictSync(redis, { ...options, giveUp: ['trimmed'] })).toMatchObject({ fault: undefined })
    expect(await strictSync(redis, { ...options, maxMessages: 1 })).toMatchObject({ fault: undefined })
    await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 10)
    expect(await strictSync(redis, options)).toMatchObject({ applied: 10, fault: 'trimmed' })
    expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp())
  })
})

describeRedis('a stream', (redis) => {
  it('that can take no more messages is never clean', async () => {
    await runBefore(redis)
    const pairs = Object.entries(signed(REVOCATIONS, { session_id: 'a' })).flat()
    await redis.run('XADD', REVOCATIONS, '18446744073709551615-18446744073709551615', ...pairs)
    await expect(publish(redis, REVOCATIONS, ...revocationOf('b'))).rejects.toThrow(/exhausted/)
    expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 1 }))
    expect(await strictSync(redis, { giveUp: ['trimmed'] })).toEqual(caughtUp())
    expect(await strictSync(redis)).toEqual(held('trimmed'))
  })

  it('whose counter was set forward has lost what it says', async () => {
    const [id = ''] = await publish(redis, REVOCATIONS, ...revocationOf('a'))
    await runBefore(redis)
    await redis.run('XSETID', REVOCATIONS, id, 'ENTRIESADDED', 7, 'MAXDELETEDID', '0-0')
    expect(await strictSync(redis)).toEqual(held('trimmed'))
    await expectHeld(redis, 'trimmed', REVOCATIONS)
  })
})

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

  it('is in what was cut long before a first start, which says only that it is one', async () => {
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
