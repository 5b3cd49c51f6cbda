// A Redis client that puts a prefix of its own before every key: passes would read streams that nobody writes to.

import { syncRevocations } from 'caracal-edge/redis'
import { Redis } from 'ioredis'
import { expect, it } from 'vitest'
import { STREAM_LOSSES } from '../../src/streams/sync-report.ts'
import { HMAC_KEY, publish, REVOCATIONS, revocationOf } from './streams.ts'
import { describeRedis, PATIENT } from './support.ts'

describeRedis('a client that changes the names of keys', (redis) => {
  it('is no way to the streams: no pass is caught up, and nothing is written', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('a'))
    const client = new Redis(redis.port, '127.0.0.1', { keyPrefix: 'app:' })
    try {
      const report = await syncRevocations({
        command: ([name, ...args]) => client.call(name, ...args),
        ...{ ...PATIENT, hmacKey: HMAC_KEY, giveUp: STREAM_LOSSES },
      })
      expect(report).toMatchObject({ applied: 0, caughtUp: false, fault: 'status' })
    } finally {
      client.disconnect()
    }
    expect(await redis.run('KEYS', '*')).toEqual([REVOCATIONS])
  })
})
