// Losses that only the counters of a stream tell: in a long backlog, and in a stream whose counters were changed.

import { expect, it } from 'vitest'
import { expectHeld, held, lossKey, runBefore } from './losses.ts'
import {
  caughtUp,
  GROUPS,
  namesOf,
  publish,
  REVOCATIONS,
  revocationOf,
  signed,
  strictSync,
} from './streams.ts'
import { describeRedis, type TestRedis } from './support.ts'

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

  it('a first start is reported only as such, although a message was deleted', async () => {
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
