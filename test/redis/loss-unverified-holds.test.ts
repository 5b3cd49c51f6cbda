import { expect, it } from 'vitest'
import { close } from './endpoint-faults.ts'
import { announce, beatIn, expectHeld, FIFTEEN_MINUTES_MS, held, lossKey, runBefore } from './losses.ts'
import {
  add,
  age,
  caughtUp,
  DELEGATIONS,
  deliverTo,
  NEW_KEY,
  pendingIn,
  REVOCATIONS,
  signed,
  strictSync,
} from './streams.ts'
import { describeRedis, onCommand } from './support.ts'

describeRedis('the time of a message without its key', (redis) => {
  const at = async (ms: number, sid: string) => {
    const { _sig = '', session_id = '' } = signed(REVOCATIONS, { session_id: sid }, NEW_KEY)
    await redis.run('XADD', REVOCATIONS, `${ms}-1`, 'session_id', session_id, '_sig', _sig)
  }

  it.each([
    { title: 'is what counts', agoMs: 600_000, leftMs: 300_000 },
    { title: 'may be so long ago that it is not a loss', agoMs: 900_001, leftMs: undefined },
    { title: 'may be zero', agoMs: Date.now(), leftMs: undefined },
    { title: 'does not count where it lies ahead', agoMs: -86_400_000, leftMs: 900_000 },
  ])('$title', async ({ agoMs, leftMs }) => {
    await runBefore(redis)
    await at(Math.max(0, Date.now() - agoMs), 'a')
    const isLoss = leftMs !== undefined
    expect(await strictSync(redis)).toMatchObject({ deadLettered: 1, caughtUp: !isLoss })
    if (leftMs === undefined) return
    const left = Number(await redis.run('PTTL', lossKey('waiting', REVOCATIONS)))
    expect(left).toBeGreaterThan(leftMs - 10_000)
    expect(left).toBeLessThanOrEqual(leftMs)
  })

  it('never makes a hold shorter', async () => {
    await runBefore(redis)
    await at(Date.now() - 600_000, 'a')
    await deliverTo(redis, REVOCATIONS, 1)
    await at(Date.now() - 1_000, 'b')
    expect(await strictSync(redis)).toMatchObject({ deadLettered: 1 })
    await age(redis, REVOCATIONS)
    expect(await strictSync(redis)).toMatchObject({ deadLettered: 1 })
    expect(await redis.run('PTTL', lossKey('waiting', REVOCATIONS))).toBeGreaterThan(880_000)
  })
})

/** Messages that no key will ever verify, but which may be announcements all the same. */
const HOPELESS: Readonly<Record<string, readonly string[]>> = {
  'without a signature': ['session_id', 'a'],
  'with a signature of another form': ['session_id', 'a', '_sig', 'AB'.repeat(32)],
  'with a field twice': ['session_id', 'a', 'session_id', 'b', '_sig', 'ab'.repeat(32)],
  'that are too large to be kept': ['session_id', 'a'.repeat(9_000), '_sig', 'ab'.repeat(32)],
}

describeRedis('messages', (redis) => {
  it.each(Object.keys(HOPELESS))('%s are held like the others, but do not wait', async (how) => {
    await runBefore(redis)
    await redis.run('XADD', REVOCATIONS, '*', ...(HOPELESS[how] ?? []))
    expect(await strictSync(redis)).toEqual(held('unverified', { deadLettered: 1 }))
    expect(await redis.run('EXISTS', lossKey('waiting', REVOCATIONS))).toBe(0)
    await expectHeld(redis, 'unverified', REVOCATIONS)
  })

  it('that are signed and announce nothing are not a loss', async () => {
    await runBefore(redis)
    await add(redis, REVOCATIONS, [signed(REVOCATIONS, { zone_id: 'zone-1' })])
    await add(redis, DELEGATIONS, [signed(DELEGATIONS, { zone_id: 'zone-1', epoch: 'x' })])
    expect(await strictSync(redis)).toEqual(caughtUp({ deadLettered: 2 }))
  })
})

describeRedis('what is lost and put aside', (redis) => {
  it('is written down in the step that acknowledges it, also if nobody learns of that', async () => {
    await runBefore(redis)
    await announce(redis, NEW_KEY, 'a')
    redis.intervention = onCommand('BURY', (exchange) => exchange.run().then(() => close(exchange)))
    expect(await strictSync(redis)).toMatchObject({ fault: 'unverified', pending: 1 })
    expect(await redis.run('EXISTS', lossKey('waiting', REVOCATIONS))).toBe(1)
    expect(await pendingIn(redis, REVOCATIONS)).toEqual([])
  })

  it('does not grow without end: what is past its hold is dropped', async () => {
    await runBefore(redis)
    for (const ageMs of [FIFTEEN_MINUTES_MS + 1, FIFTEEN_MINUTES_MS - 60_000]) {
      const id = `${Date.now() - ageMs}-0`
      await redis.run('XADD', lossKey('waiting', REVOCATIONS), id, 'source_id', id, 'payload', '{}')
    }
    expect(await redis.run('XLEN', lossKey('waiting', REVOCATIONS))).toBe(2)
    await announce(redis, NEW_KEY, 'a')
    await strictSync(redis)
    expect(await redis.run('XLEN', lossKey('waiting', REVOCATIONS))).toBe(2)
  })

  it('leaves neither heartbeat nor holds where all is well', async () => {
    await runBefore(redis)
    await strictSync(redis)
    expect(await beatIn(redis)).toBeGreaterThan(0)
    const held = ['trimmed', 'unverified', 'restarted', 'waiting', 'tried'].map((kind) =>
      lossKey(kind, REVOCATIONS),
    )
    expect(await redis.run('EXISTS', ...held)).toBe(0)
  })
})
