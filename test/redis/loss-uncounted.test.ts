// A backlog that is too long to be counted, of a group without a counter. What is cut of it later is in no count.

import { expect, it } from 'vitest'
import { held } from './losses.ts'
import { GROUPS, listOf, namesOf, publish, REVOCATIONS, revocationOf, strictSync, sync } from './streams.ts'
import { describeRedis, type TestRedis } from './support.ts'

const MANY = 2_300

/** More than a pass counts one by one are left, and the operator has given up what may be lost so far. */
async function leaveUncounted(redis: TestRedis): Promise<void> {
  await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(MANY)))
  const [first] = listOf(await redis.run('XRANGE', REVOCATIONS, '-', '+', 'COUNT', 1))
  const [id] = listOf(first)
  await redis.run('XGROUP', 'CREATE', REVOCATIONS, GROUPS[REVOCATIONS], String(id))
  expect(await sync(redis, { giveUp: ['restarted', 'trimmed'], maxMessages: 100 })).toMatchObject({
    applied: 100,
    caughtUp: false,
  })
}

describeRedis('a backlog that was not counted', (redis) => {
  it('has lost messages if any of it may have been cut', async () => {
    await leaveUncounted(redis)
    await publish(redis, REVOCATIONS, ...revocationOf('lost'))
    await publish(redis, REVOCATIONS, ...revocationOf(...namesOf(20)))
    await redis.run('XTRIM', REVOCATIONS, 'MAXLEN', 20)
    expect(await strictSync(redis)).toEqual(held('trimmed', { applied: 20 }))
  })
})
