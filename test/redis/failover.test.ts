// A failover in the middle of a pass, to a replica that does not have the last commands yet: what the pass did on the
// Redis before must not count on the Redis after.

import { expect, it } from 'vitest'
import { answer, close } from './endpoint-faults.ts'
import { cutOff, failOver } from './failover.ts'
import { announce as announceUnder, beatIn, runBefore } from './losses.ts'
import {
  age,
  behind,
  caughtUp,
  DELEGATIONS,
  epochIn,
  epochsOf,
  GROUPS,
  HMAC_KEY,
  NEW_KEY,
  namesOf,
  PREFIX,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  STREAMS,
  strictSync,
} from './streams.ts'
import { describeRedis, nameOf, onCommand, type TestRedis } from './support.ts'

const BOTH_KEYS = [NEW_KEY, HMAC_KEY]
const SIDS = ['a', 'b', 'c']

/** What there is for a pass to do, with which keys, and how often it asks for that. */
const BEFORE: Readonly<
  Record<string, { prepare: (redis: TestRedis) => Promise<unknown>; keys: string[]; asks: number }>
> = {
  'that reads everything for the first time': {
    prepare: async () => {},
    keys: [HMAC_KEY],
    asks: 9,
  },
  'that reads what a pass before it has left': {
    prepare: (redis) => strictSync(redis, { maxMessages: 1 }),
    keys: [HMAC_KEY],
    asks: 7,
  },
  'that has a letter to verify': {
    prepare: (redis) => strictSync(redis),
    keys: BOTH_KEYS,
    asks: 7,
  },
  'that has more letters to verify than it asks for at once': {
    prepare: async (redis) => {
      await announceUnder(redis, NEW_KEY, ...namesOf(100))
      await strictSync(redis)
    },
    keys: BOTH_KEYS,
    asks: 9,
  },
}

async function announce(redis: TestRedis): Promise<void> {
  await publish(redis, REVOCATIONS, ...revocationOf('a', 'b'))
  await announceUnder(redis, NEW_KEY, 'c')
  await publish(redis, DELEGATIONS, ...epochsOf(7))
}

describeRedis('a pass', (redis) => {
  for (const [title, { prepare, keys, asks }] of Object.entries(BEFORE)) {
    it(`${title} says nothing of a Redis that is gone, and loses nothing`, { timeout: 120_000 }, async () => {
      for (let last = 0; last < asks; last++) {
        for (let over = last + 1; over <= asks; over++) {
          await redis.reset()
          await runBefore(redis)
          await announce(redis)
          await prepare(redis)
          const asked: (string | undefined)[] = []
          redis.intervention = async (exchange) => {
            if (asked.length === last) await cutOff(redis)
            if (asked.length === over) await failOver(redis)
            asked.push(nameOf(exchange))
          }
          const report = await strictSync(redis, { hmacKey: keys })
          redis.intervention = undefined
          if (last >= asked.length) continue
          if (over >= asked.length) await failOver(redis)
          const when = `${asked.slice(last).join()}, over before ${asked[over]}`
          if (over < asked.length && report.caughtUp) {
            expect(await revokedAmong(redis, SIDS), when).toEqual(SIDS)
            expect(await epochIn(redis), when).toBe('7')
          }
          for (let pass = 0; pass < 2; pass++) {
            for (const stream of STREAMS) await age(redis, stream)
            await strictSync(redis, { hmacKey: BOTH_KEYS })
          }
          expect(await revokedAmong(redis, SIDS), when).toEqual(SIDS)
          expect(await epochIn(redis), when).toBe('7')
          expect(await strictSync(redis, { hmacKey: BOTH_KEYS }), when).toMatchObject({ caughtUp: true })
        }
      }
    })
  }
})

/** Losses that nothing in streams and groups tells of, once a pass has noted them. */
const LOST: Readonly<Record<string, { lose: (redis: TestRedis) => Promise<unknown>; fault: string }>> = {
  'messages that were cut': {
    lose: async (redis) => {
      await strictSync(redis, { maxMessages: 1 })
      await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 0)
    },
    fault: 'trimmed',
  },
  'a consumer that is gone with what it had read': {
    lose: async (redis) => {
      redis.intervention = onCommand('MARK', answer(500, '{}'))
      await strictSync(redis)
      redis.intervention = undefined
      await redis.run('XGROUP', 'DELCONSUMER', REVOCATIONS, GROUPS[REVOCATIONS], 'caracal-edge')
    },
    fault: 'restarted',
  },
}

describeRedis('a loss', (redis) => {
  it.each(Object.keys(LOST))('of %s is not forgotten with the Redis that noted it', async (title) => {
    for (let over = 1, isOver = false; !isOver; over++) {
      await redis.reset()
      await runBefore(redis)
      await publish(redis, REVOCATIONS, ...revocationOf(...SIDS))
      await LOST[title]?.lose(redis)
      await redis.run('DEL', `${PREFIX}sync-heartbeat`)
      await cutOff(redis)
      let asked = 0
      redis.intervention = async (exchange) => {
        if (asked++ === over) await failOver(redis)
        isOver ||= asked > over && nameOf(exchange) === 'BEAT'
      }
      const report = await strictSync(redis)
      expect(report, `over before ${over}`).toMatchObject({ caughtUp: false })
      expect(await beatIn(redis), `over before ${over}`).toBe(0)
      redis.intervention = undefined
      expect(await strictSync(redis)).toMatchObject({ caughtUp: false, fault: LOST[title]?.fault })
    }
  })

  it('of what the replica never had keeps the pass that read it from being caught up', async () => {
    for (let over = 1, isOver = false; !isOver; over++) {
      await redis.reset()
      await runBefore(redis)
      await cutOff(redis)
      await publish(redis, REVOCATIONS, ...revocationOf('a'))
      await publish(redis, DELEGATIONS, ...epochsOf(7))
      let asked = 0
      redis.intervention = async (exchange) => {
        if (asked++ !== over) return
        isOver = nameOf(exchange) === 'BEAT'
        redis.intervention = undefined
        await failOver(redis)
        await publish(redis, REVOCATIONS, ...revocationOf('b'))
        if (isOver) expect(await strictSync(redis, { consumer: 'other' })).toMatchObject({ applied: 1 })
      }
      expect(await strictSync(redis), `over before ${over}`).toMatchObject({ caughtUp: false })
    }
  })
})

/** The first reading of a pass is run here, and its answer lost. The client repeats it on another Redis, and comes back. */
async function readElsewhereOnce(redis: TestRedis, meanwhile: () => Promise<unknown> = async () => {}) {
  let asked = 0
  redis.intervention = async (exchange) => {
    asked++
    if (asked === 1) await exchange.run()
    if (asked === 1) await meanwhile()
    if (asked <= 2) await failOver(redis)
  }
  const report = await strictSync(redis)
  redis.intervention = undefined
  return report
}

describeRedis('a reading whose answer came from a Redis that lacks messages', (redis) => {
  it('does not hide those that are pending on the other one', async () => {
    await runBefore(redis)
    await cutOff(redis)
    await publish(redis, REVOCATIONS, ...revocationOf('a'))
    expect(await readElsewhereOnce(redis)).toEqual(behind())
    expect(await beatIn(redis)).toBe(0)
    await age(redis, REVOCATIONS)
    expect(await strictSync(redis)).toEqual(caughtUp({ applied: 1 }))
  })

  it('does not hide those that nobody has read there', async () => {
    await runBefore(redis)
    await cutOff(redis)
    await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(101)))
    const finish = async () => {
      for (const { id } of await pendingIn(redis, REVOCATIONS))
        await redis.run('XACK', REVOCATIONS, GROUPS[REVOCATIONS], id)
    }
    expect(await readElsewhereOnce(redis, finish)).toEqual(behind())
    expect(await strictSync(redis)).toEqual(caughtUp({ applied: 1 }))
  })
})

describeRedis('letters whose removal a Redis never had', (redis) => {
  it('are tried again also where it said so, and a client repeated the question on another one', async () => {
    await runBefore(redis)
    const sids = namesOf(150)
    await announceUnder(redis, NEW_KEY, ...sids)
    await strictSync(redis)
    let tries = 0
    redis.intervention = async (exchange) => {
      const name = nameOf(exchange)
      if (name === 'RETRY') tries++
      // The first lot is removed here alone. The other Redis says so to nobody, and gets the second lot.
      if (name === 'MARK' && tries === 1) await cutOff(redis)
      if (name === 'MARK' && tries === 3) await failOver(redis)
      if (name !== 'RETRY' || tries > 3 || tries === 1) return false
      await failOver(redis)
      if (tries === 3) return false
      await exchange.run()
      return close(exchange)
    }
    await strictSync(redis, { hmacKey: BOTH_KEYS })
    redis.intervention = undefined
    await strictSync(redis, { hmacKey: BOTH_KEYS })
    expect(await revokedAmong(redis, sids)).toEqual(sids)
  })
})
