// No message, however large or wrong, keeps a pass from the others; and no mark harms what is there already.

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { answer } from './endpoint-faults.ts'
import {
  add,
  age,
  caughtUp,
  DELEGATIONS,
  deadLettersOf,
  epochIn,
  epochsOf,
  PREFIX,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  sync,
} from './streams.ts'
import { describeRedis, nameOf } from './support.ts'

const MEBIBYTE = 2 ** 20

describeRedis('messages of a size that no answer may have', (redis) => {
  it('are read in smaller lots, and buried for lack of a signature', async () => {
    const large = Array.from({ length: 12 }, () => ({ session_id: 'x'.repeat(MEBIBYTE) }))
    await add(redis, REVOCATIONS, large)
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1, deadLettered: 12 }))
    // Nine of them were more than one command looks at. The last command of each stream finds nothing.
    expect(redis.askedNames.filter((name) => name === 'TAKE')).toHaveLength(2 + 1 + 1)
    expect(await revokedAmong(redis, ['record-1'])).toEqual(['record-1'])
    expect(await sync(redis)).toEqual(caughtUp())
  }, 60_000)

  it('are buried unseen where a single one is too large', async () => {
    await add(redis, REVOCATIONS, [{ session_id: 'x'.repeat(9 * MEBIBYTE) }])
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    expect(await sync(redis)).toEqual(caughtUp({ applied: 1, deadLettered: 1 }))
    const [letter] = await deadLettersOf(redis, REVOCATIONS)
    expect(letter).toMatchObject({ reason: 'invalid_signature', payload: [] })
    expect(await revokedAmong(redis, ['record-1'])).toEqual(['record-1'])
    expect(await pendingIn(redis, REVOCATIONS)).toEqual([])
  }, 60_000)
})

describeRedis('what cannot be applied', (redis) => {
  it('does not keep the other revocations of its batch from being applied', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1', 'refused', 'record-2'))
    redis.intervention = (exchange) => {
      const isRefused = nameOf(exchange) === 'MARK' && JSON.stringify(exchange.commands).includes('refused')
      return isRefused ? answer(400, '{"error":"ERR max key size exceeded"}')(exchange) : false
    }
    expect(await sync(redis)).toMatchObject({ applied: 2, pending: 1, caughtUp: false, fault: 'status' })
    expect(await revokedAmong(redis, ['record-1', 'refused', 'record-2'])).toEqual(['record-1', 'record-2'])
  })

  it('does not keep new messages from being read, pass after pass', async () => {
    await redis.run('SET', `${PREFIX}delegation-epoch:broken`, 'no epoch')
    const stuck = Array.from({ length: 4 }, () => ({ zone_id: 'broken', epoch: '1' }))
    await publish(redis, DELEGATIONS, ...stuck)
    await sync(redis, { maxMessages: 4 })
    await age(redis, DELEGATIONS)
    await publish(redis, DELEGATIONS, ...epochsOf(5, 6))
    redis.asked.length = 0
    expect(await sync(redis, { maxMessages: 4 })).toMatchObject({ applied: 2, caughtUp: false })
    expect(await epochIn(redis)).toBe('6')
    expect(redis.askedNames.filter((name) => name === 'TAKE')).toHaveLength(1 + 2)
  })

  it('of one stream does not keep the other one waiting', async () => {
    const many = Array.from({ length: 20 }, (_, at) => `record-${at}`)
    await publish(redis, REVOCATIONS, ...revocationOf(...many))
    await publish(redis, DELEGATIONS, ...epochsOf(5))
    expect(await sync(redis, { maxMessages: 10 })).toMatchObject({ applied: 11, caughtUp: false })
    expect(await epochIn(redis)).toBe('5')
  })
})

describeRedis('a mark', (redis) => {
  it('whose id looks like an epoch leaves the epoch as it is', async () => {
    const store = new UpstashRevocationStore(redis.database)
    await store.markDelegationEpoch('zone-1', 100)
    await store.markRevoked('delegation-epoch:zone-1')
    expect(await epochIn(redis)).toBe('100')
  })

  it('takes the place of a key that holds no text, which a look-up could not see', async () => {
    await redis.run('HSET', `${PREFIX}record-1`, 'a', 'b')
    await new UpstashRevocationStore(redis.database).markRevoked('record-1')
    expect(await redis.run('GET', `${PREFIX}record-1`)).toBe('1')
  })

  it('of a whole mandate is refused, for it would revoke nothing', async () => {
    const store = new UpstashRevocationStore(redis.database)
    await expect(store.markRevoked('eyJhbGciOiJFUzI1NiJ9.e30.AAAA')).rejects.toThrow(/pass its sid/)
  })
})

describeRedis('a pass with a prefix of its own', (redis) => {
  it('needs groups of its own: in shared ones it would take messages from others', async () => {
    await expect(sync(redis, { keyPrefix: 'mine:' })).rejects.toThrow(/keyPrefix needs the option groups/)
  })
})
