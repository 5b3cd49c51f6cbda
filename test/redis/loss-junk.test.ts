// Junk where passes note losses and the heartbeat.

import { expect, it } from 'vitest'
import { beatIn, hasPassed, held, lossKey, runBefore } from './losses.ts'
import { caughtUp, PREFIX, publish, REVOCATIONS, revocationOf, strictSync, sync } from './streams.ts'
import { describeRedis } from './support.ts'

/** What may stand where passes keep something: by mistake, or by somebody who can write to Redis. */
const JUNK: readonly (readonly string[])[] = [
  ['SET', ''],
  ['SET', 'junk'],
  ['SET', '1-1 2 3-3 4 5 6'],
  ['RPUSH', 'a', 'b'],
  ['SADD', 'a'],
  ['ZADD', '1', 'a'],
  ['HSET', 'a', 'b'],
  ['XADD', '*', 'a', 'b'],
]

describeRedis('junk in the place of', (redis) => {
  for (const kind of ['seen', 'trimmed', 'unverified', 'restarted', 'waiting', 'tried']) {
    it.each(JUNK)(
      `sync-${kind} (%s %s) ends no pass, passes for nothing, and goes by itself`,
      async (...junk) => {
        const [command = '', ...rest] = junk
        await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
        await runBefore(redis)
        await redis.run('DEL', lossKey(kind, REVOCATIONS))
        await redis.run(command, lossKey(kind, REVOCATIONS), ...rest)
        await publish(redis, REVOCATIONS, ...revocationOf('record-2'))
        const { caughtUp: isClean, ...report } = await strictSync(redis)
        expect(report).toMatchObject({ applied: 1, pending: 0 })
        expect(isClean).toBe(kind === 'tried')
        await hasPassed(redis)
        expect(await strictSync(redis)).toEqual(caughtUp())
      },
    )

    it(`sync-${kind} is given up with what stands there`, async () => {
      for (const [command = '', ...rest] of JUNK) {
        await redis.run('DEL', lossKey(kind, REVOCATIONS))
        await redis.run(command, lossKey(kind, REVOCATIONS), ...rest)
        expect(await sync(redis)).toEqual(caughtUp())
        expect(await strictSync(redis)).toEqual(caughtUp())
      }
    })
  }

  it('the heartbeat is replaced', async () => {
    for (const [command = '', ...rest] of JUNK) {
      await redis.run('DEL', `${PREFIX}sync-heartbeat`)
      await redis.run(command, `${PREFIX}sync-heartbeat`, ...rest)
      expect(await sync(redis)).toEqual(caughtUp())
      expect(await beatIn(redis)).toBeGreaterThan(0)
    }
  })

  it('a loss without an end of its own gets one', async () => {
    await runBefore(redis)
    for (const kind of ['trimmed', 'unverified', 'restarted']) {
      await redis.run('SET', lossKey(kind, REVOCATIONS), '1')
      expect(await strictSync(redis)).toEqual(held(kind))
      expect(await redis.run('PTTL', lossKey(kind, REVOCATIONS))).toBeGreaterThan(0)
      await sync(redis)
    }
    await redis.run('XADD', lossKey('waiting', REVOCATIONS), '*', 'source_id', '1-1', 'payload', '{}')
    expect(await strictSync(redis)).toEqual(held('unverified'))
    expect(await redis.run('PTTL', lossKey('waiting', REVOCATIONS))).toBeGreaterThan(0)
  })
})
