// Several consumers at once, while producers write and one of the consumers dies.

import { UpstashRevocationStore } from 'caracal-edge/upstash'
import { expect, it } from 'vitest'
import { close } from './endpoint-faults.ts'
import {
  age,
  caughtUp,
  DELEGATIONS,
  epochIn,
  epochsOf,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  strictSync,
  sync,
} from './streams.ts'
import { describeRedis, nameOf, PATIENT, type TestRedis } from './support.ts'

const names = (count: number, prefix: string) => Array.from({ length: count }, (_, at) => `${prefix}-${at}`)

/** Passes until one has caught up. Gives how many messages this consumer applied. */
async function consume(redis: TestRedis, consumer: string): Promise<number> {
  let applied = 0
  for (let pass = 0; pass < 100; pass++) {
    const report = await sync(redis, { consumer, maxMessages: 120 })
    expect(report).toMatchObject({ deadLettered: 0, pending: 0, fault: undefined })
    applied += report.applied
    if (report.caughtUp) return applied
  }
  throw new Error('It never caught up.')
}

describeRedis('consumers at once', (redis) => {
  it.each([
    { title: 'of different names', consumers: ['one', 'two'] },
    { title: 'of the same name', consumers: ['one', 'one'] },
    { title: 'that are many', consumers: names(5, 'consumer') },
  ])('$title share the work and do all of it', async ({ consumers }) => {
    const sids = names(900, 'session')
    const epochs = Array.from({ length: 300 }, (_, at) => 1 + ((at * 7) % 300))
    await publish(redis, REVOCATIONS, ...revocationOf(...sids))
    await publish(redis, DELEGATIONS, ...epochsOf(...epochs))
    const applied = await Promise.all(consumers.map((consumer) => consume(redis, consumer)))
    expect(applied.reduce((sum, count) => sum + count, 0)).toBe(1_200)
    expect(applied.filter((count) => count > 0).length).toBeGreaterThan(1)
    expect(await revokedAmong(redis, sids)).toEqual(sids)
    expect(await epochIn(redis)).toBe('300')
    expect(await pendingIn(redis, REVOCATIONS)).toEqual([])
    expect(await pendingIn(redis, DELEGATIONS)).toEqual([])
  })

  it('that begin together make the groups once', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    // None of them looks before all of them have begun.
    let waiting: (() => void)[] | undefined = []
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) !== 'TAKE' || waiting === undefined) return
      await new Promise<void>((resolve) => {
        waiting?.push(resolve)
        if (waiting?.length !== 3) return
        for (const go of waiting) go()
        waiting = undefined
      })
    }
    const reports = await Promise.all(
      ['one', 'two', 'three'].map((consumer) => strictSync(redis, { consumer })),
    )
    expect(reports.map(({ fault }) => fault)).toEqual(['restarted', 'restarted', 'restarted'])
    expect(reports.reduce((sum, { applied }) => sum + applied, 0)).toBe(1)
    expect(await redis.run('XINFO', 'GROUPS', REVOCATIONS)).toHaveLength(1)
  })

  it('take over what one of them died over', async () => {
    const sids = names(300, 'session')
    await publish(redis, REVOCATIONS, ...revocationOf(...sids))
    await publish(redis, DELEGATIONS, ...epochsOf(5, 9, 7))
    let isDead = false
    redis.intervention = (exchange) => {
      const isOfVictim = exchange.commands.some((command) => command.includes('victim'))
      // It has read two batches, and applied the first.
      isDead ||= isOfVictim && redis.askedNames.filter((name) => name === 'TAKE').length > 2
      return isOfVictim && isDead && close(exchange)
    }
    const victim = await sync(redis, { consumer: 'victim' })
    expect(victim).toMatchObject({ caughtUp: false, fault: 'network' })
    expect(await sync(redis, { consumer: 'heir' })).toMatchObject({ fault: undefined })
    await age(redis, REVOCATIONS)
    await age(redis, DELEGATIONS)
    expect(await sync(redis, { consumer: 'heir' })).toMatchObject({ caughtUp: true, pending: 0 })
    expect(await revokedAmong(redis, sids)).toEqual(sids)
    expect(await epochIn(redis)).toBe('9')
  })

  it('do not say that they caught up while another has a message in hand', async () => {
    await publish(redis, REVOCATIONS, ...revocationOf('record-1'))
    let letGo = () => {}
    const held = new Promise<void>((resolve) => {
      letGo = resolve
    })
    let isReached = () => {}
    const reached = new Promise<void>((resolve) => {
      isReached = resolve
    })
    redis.intervention = async (exchange) => {
      if (nameOf(exchange) !== 'MARK') return
      isReached()
      await held
    }
    const slow = sync(redis, { consumer: 'slow' })
    await reached
    expect(await sync(redis, { consumer: 'quick' })).toEqual({ ...caughtUp(), caughtUp: false })
    letGo()
    expect(await slow).toEqual(caughtUp({ applied: 1 }))
    expect(await sync(redis, { consumer: 'quick' })).toEqual(caughtUp())
  })

  it('keep up with producers, other services and each other', async () => {
    const sids = names(400, 'session')
    const store = new UpstashRevocationStore({ ...redis.database, ...PATIENT })
    const producing = (async () => {
      for (let at = 0; at < sids.length; at += 40) {
        await publish(redis, REVOCATIONS, ...revocationOf(...sids.slice(at, at + 40)))
        await publish(redis, DELEGATIONS, ...epochsOf(at + 2, at, at + 1))
        await store.markDelegationEpoch('zone-1', at + 3)
      }
    })()
    const consuming = ['one', 'two'].map(async (consumer) => {
      for (let pass = 0; pass < 12; pass++) await sync(redis, { consumer })
    })
    await Promise.all([producing, ...consuming])
    await consume(redis, 'last')
    expect(await revokedAmong(redis, sids)).toEqual(sids)
    expect(await epochIn(redis)).toBe('363')
  })
})
