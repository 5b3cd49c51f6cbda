// The first start of a group, which looks like a Redis that lost its data.

import { expect, it } from 'vitest'
import { hasPassed, held, runBefore } from './losses.ts'
import { caughtUp, publish, REVOCATIONS, revocationOf, strictSync } from './streams.ts'
import { describeRedis } from './support.ts'

describeRedis('a first start', (redis) => {
  it('is reported, applies what there is, and is clean once it is given up', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    expect(await strictSync(redis)).toEqual(held('restarted', { applied: 1 }))
    expect(await strictSync(redis)).toEqual(held('restarted'))
    expect(await strictSync(redis, { giveUp: ['restarted'] })).toEqual(caughtUp())
    expect(await strictSync(redis)).toEqual(caughtUp())
  })

  it('is clean at once where it is given up', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    expect(await strictSync(redis, { giveUp: ['restarted'] })).toEqual(caughtUp({ applied: 1 }))
    expect(await strictSync(redis)).toEqual(caughtUp())
  })

  it('is over after the hold, also when no pass could do all there was in the meantime', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('a', 'b', 'c'))
    expect(await strictSync(redis, { maxMessages: 1 })).toEqual(held('restarted', { applied: 1 }))
    await hasPassed(redis)
    expect(await strictSync(redis, { maxMessages: 1 })).toMatchObject({ caughtUp: false, fault: undefined })
    expect(await strictSync(redis)).toEqual(caughtUp({ applied: 1 }))
  })

  it('is reported for each new group, and not for groups that ran before', async () => {
    await runBefore(redis)
    const mine = { groups: { revocations: 'mine', delegations: 'my-epochs' }, keyPrefix: 'mine:' }
    expect(await strictSync(redis, mine)).toEqual(held('restarted'))
    expect(await strictSync(redis)).toEqual(caughtUp())
    expect(await strictSync(redis, { ...mine, giveUp: ['restarted'] })).toEqual(caughtUp())
  })

  it('may be what several consumers make at once', async () => {
    const consumers = ['one', 'two', 'three']
    const reports = await Promise.all(consumers.map((consumer) => strictSync(redis, { consumer })))
    expect(reports).toEqual(consumers.map(() => held('restarted')))
  })
})
