// Two keys of the streams during a rotation: messages under the older one count, and are reported.

import { syncRevocations } from 'caracal-edge/upstash'
import { describe, expect, it } from 'vitest'
import { announce, held, raise, runBefore } from './losses.ts'
import { caughtUp, HMAC_KEY, NEW_KEY, strictSync } from './streams.ts'
import { describeRedis, PATIENT } from './support.ts'

const THIRD_KEY = 'cd'.repeat(40)

describe('the older of two keys', () => {
  describeRedis('while it is rotated', (redis) => {
    const both = [NEW_KEY, HMAC_KEY]

    it('is good as well, and the report says whether anything was signed with it', async () => {
      await runBefore(redis)
      await announce(redis, HMAC_KEY, 'a')
      await raise(redis, NEW_KEY, 7)
      expect(await strictSync(redis, { hmacKey: both })).toEqual({
        ...caughtUp({ applied: 2 }),
        olderKeyUsed: true,
      })
      expect(await strictSync(redis, { hmacKey: both })).toEqual(caughtUp())
      await announce(redis, NEW_KEY, 'b')
      expect(await strictSync(redis, { hmacKey: both })).toEqual(caughtUp({ applied: 1 }))
      await raise(redis, HMAC_KEY, 8)
      expect(await strictSync(redis, { hmacKey: both })).toMatchObject({ olderKeyUsed: true })
      await announce(redis, THIRD_KEY, 'c')
      expect(await strictSync(redis, { hmacKey: both })).toEqual(held('unverified', { deadLettered: 1 }))
    })

    it('is named in the environment behind a comma', async () => {
      await runBefore(redis)
      await announce(redis, HMAC_KEY, 'a')
      for (const STREAMS_HMAC_KEY of [`${NEW_KEY},${HMAC_KEY}`, `${NEW_KEY}, ${HMAC_KEY.toUpperCase()}`]) {
        await announce(redis, HMAC_KEY, 'a')
        const report = await syncRevocations({ ...redis.database, ...PATIENT, env: { STREAMS_HMAC_KEY } })
        expect(report).toMatchObject({ caughtUp: true, olderKeyUsed: true })
      }
    })

    it('is reported for what had waited for it, too', async () => {
      await runBefore(redis)
      await announce(redis, HMAC_KEY, 'a')
      await strictSync(redis, { hmacKey: NEW_KEY })
      expect(await strictSync(redis, { hmacKey: both })).toEqual({
        ...caughtUp({ applied: 1 }),
        olderKeyUsed: true,
      })
    })

    it('does not have what waits tried again for being named in another order', async () => {
      await runBefore(redis)
      await announce(redis, THIRD_KEY, 'a')
      await strictSync(redis, { hmacKey: both })
      redis.asked.length = 0
      await strictSync(redis, { hmacKey: [...both].reverse() })
      expect(redis.askedNames).not.toContain('RETRY')
    })
  })
})
