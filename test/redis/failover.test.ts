// A failover in the middle of a pass, to a replica that does not have the last commands yet: what the pass did on the
// Redis before must not count on the Redis after.

import { expect, it } from 'vitest'
import { cutOff, failOver } from './failover.ts'
import { runBefore } from './losses.ts'
import {
  add,
  age,
  DELEGATIONS,
  epochIn,
  epochsOf,
  HMAC_KEY,
  NEW_KEY,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  STREAMS,
  signed,
  strictSync,
} from './streams.ts'
import { describeRedis, nameOf, type TestRedis } from './support.ts'

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
}

async function announce(redis: TestRedis): Promise<void> {
  await publish(redis, REVOCATIONS, ...revocationOf('a', 'b'))
  await add(redis, REVOCATIONS, [signed(REVOCATIONS, { session_id: 'c' }, NEW_KEY)])
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
