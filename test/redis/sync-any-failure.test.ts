// One command of a pass fails, whichever it is and however it does: nothing is acknowledged whose effect is not in
// Redis, and once Redis is well again everything is applied.

import { expect, it } from 'vitest'
import { answer, reset } from './endpoint-faults.ts'
import {
  age,
  caughtUp,
  DELEGATIONS,
  deadLettersOf,
  epochIn,
  epochsOf,
  listOf,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  type StreamName,
  sync,
} from './streams.ts'
import { describeRedis, type Intervention, present, type TestRedis } from './support.ts'

const SIDS = ['record-1', 'record-2', 'record-3']
const EPOCHS = [4, 9, 2]

const FAILURES: Readonly<Record<string, Intervention>> = {
  'is not carried out': answer(500, '{"error":"ERR"}'),
  'is carried out, which nobody learns': (exchange) =>
    exchange.run().then(() => answer(500, '{"error":"ERR"}')(exchange)),
  'is cut off after it was carried out': (exchange) => exchange.run().then(() => reset(exchange)),
  'is answered with an empty list': answer(200, '{"result":[]}'),
}

/** What a pass over everything asks, one after the other. */
const COMMANDS = ['TAKE', 'MARK', 'BURY', 'TAKE', 'TAKE', 'RAISE', 'TAKE', 'BEAT']

async function publishAll(redis: TestRedis) {
  const ids = await publish(redis, REVOCATIONS, ...revocationOf(...SIDS), {})
  const epochIds = await publish(redis, DELEGATIONS, ...epochsOf(...EPOCHS))
  /** Whether what a message asks for is in Redis. */
  return async (stream: string, id: string): Promise<boolean> => {
    if (stream === DELEGATIONS) return Number(await epochIn(redis)) >= present(EPOCHS[epochIds.indexOf(id)])
    const sid = SIDS[ids.indexOf(id)]
    if (sid !== undefined) return (await revokedAmong(redis, [sid])).length === 1
    return (await deadLettersOf(redis, REVOCATIONS)).some(({ source_id }) => source_id === id)
  }
}

/** The messages that are delivered and no longer pending. */
async function acknowledgedIn(redis: TestRedis, stream: StreamName): Promise<readonly string[]> {
  const groups = listOf(await redis.run('XINFO', 'GROUPS', stream))
  if (groups.length === 0) return []
  const group = listOf(present(groups[0]))
  const delivered = String(group[group.indexOf('last-delivered-id') + 1])
  const pending = (await pendingIn(redis, stream)).map(({ id }) => id)
  const ids = listOf(await redis.run('XRANGE', stream, '-', delivered)).map((one) => String(listOf(one)[0]))
  return ids.filter((id) => !pending.includes(id))
}

async function expectEverythingDone(redis: TestRedis): Promise<void> {
  expect(await revokedAmong(redis, SIDS)).toEqual(SIDS)
  expect(await epochIn(redis)).toBe('9')
  expect((await deadLettersOf(redis, REVOCATIONS)).length).toBeGreaterThan(0)
  expect(await pendingIn(redis, REVOCATIONS)).toEqual([])
  expect(await pendingIn(redis, DELEGATIONS)).toEqual([])
}

describeRedis('a pass in which', (redis) => {
  it('everything is well asks these commands', async () => {
    await publishAll(redis)
    expect(await sync(redis)).toEqual(caughtUp({ applied: 6, deadLettered: 1 }))
    expect(redis.askedNames).toEqual(COMMANDS)
    await expectEverythingDone(redis)
  })

  const cases = Object.entries(FAILURES).flatMap(([how, fail]) =>
    COMMANDS.map((name, index) => ({ name, index, how, fail })),
  )
  it.each(cases)('$name (#$index) $how', async ({ index, fail }) => {
    const isDone = await publishAll(redis)
    let acknowledgedUndone = 0
    const look = async () => {
      for (const stream of [REVOCATIONS, DELEGATIONS] as const) {
        for (const id of await acknowledgedIn(redis, stream)) {
          if (!(await isDone(stream, id))) acknowledgedUndone += 1
        }
      }
    }
    let at = 0
    redis.intervention = async (exchange) => {
      await look()
      // A command that was cut off is asked once more, and then all is well.
      return at++ === index && fail(exchange)
    }
    const report = await sync(redis)
    expect(acknowledgedUndone).toBe(0)
    if (report.caughtUp) await expectEverythingDone(redis)
    if (report.fault !== undefined) expect(report.caughtUp).toBe(false)

    await age(redis, REVOCATIONS)
    await age(redis, DELEGATIONS)
    expect(await sync(redis)).toMatchObject({ pending: 0, caughtUp: true, fault: undefined })
    expect(acknowledgedUndone).toBe(0)
    await expectEverythingDone(redis)
  })
})
