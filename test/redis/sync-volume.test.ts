// Ten thousand events through the streams: every anchor is there afterwards, and the epoch never goes down.

import { expect, it } from 'vitest'
import {
  caughtUp,
  DELEGATIONS,
  epochIn,
  pendingIn,
  publish,
  REVOCATIONS,
  revocationOf,
  revokedAmong,
  sync,
} from './streams.ts'
import { describeRedis, sleep } from './support.ts'

const REVOKED = 8_000
const RAISED = 2_000
const ZONES = ['zone-1', 'zone-2', 'zone-3', 'zone-4']
/** Past what a number can tell apart. */
const HIGHEST = 2n ** 53n + 1_000n

/** Every epoch up to the highest, in an order that goes up and down. */
function shuffled(count: number): bigint[] {
  return Array.from({ length: count }, (_, at) => HIGHEST - BigInt((at * 7_919 + 1_234) % count))
}

describeRedis('ten thousand events', (redis) => {
  it('are all applied', { timeout: 120_000 }, async () => {
    const sids = Array.from({ length: REVOKED }, (_, at) => `session-${at}`)
    const epochs = shuffled(RAISED / ZONES.length)
    expect(new Set(epochs).size).toBe(RAISED / ZONES.length)
    await publish(redis, REVOCATIONS, ...revocationOf(...sids))
    await publish(
      redis,
      DELEGATIONS,
      ...epochs.flatMap((epoch) => ZONES.map((zone_id) => ({ zone_id, epoch: String(epoch) }))),
    )

    const seen: bigint[] = []
    let isOver = false
    const watching = (async () => {
      while (!isOver) {
        seen.push(BigInt(String((await epochIn(redis)) ?? 0)))
        await sleep(1)
      }
    })()
    const startedAt = performance.now()
    let applied = 0
    let passes = 0
    for (let isCaughtUp = false; !isCaughtUp; passes++) {
      const report = await sync(redis)
      expect(report).toEqual({ ...caughtUp({ applied: report.applied }), caughtUp: report.caughtUp })
      applied += report.applied
      isCaughtUp = report.caughtUp
    }
    const elapsedMs = performance.now() - startedAt
    isOver = true
    await watching

    expect(applied).toBe(REVOKED + RAISED)
    expect(await revokedAmong(redis, sids)).toEqual(sids)
    for (const zone of ZONES) expect(await epochIn(redis, zone)).toBe(String(HIGHEST))
    expect(await pendingIn(redis, REVOCATIONS)).toEqual([])
    expect(await pendingIn(redis, DELEGATIONS)).toEqual([])
    expect(new Set(seen).size).toBeGreaterThan(2)
    expect(seen).toEqual([...seen].sort((one, other) => (one < other ? -1 : 1)))
    process.stdout.write(`10,000 events took ${passes} passes and ${Math.round(elapsedMs)} ms\n`)
  })
})
