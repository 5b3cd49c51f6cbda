// For tests about losses: the keys that record them, and a deployment whose first start is confirmed.

import { expect } from 'vitest'
import {
  add,
  caughtUp,
  DELEGATIONS,
  epochsOf,
  GROUPS,
  PREFIX,
  REVOCATIONS,
  revocationOf,
  STREAMS,
  type StreamName,
  signed,
  strictSync,
  sync,
} from './streams.ts'
import { sleep, type TestRedis } from './support.ts'

export const FIFTEEN_MINUTES_MS = 900_000

/** What a pass reports while a loss is held and there is nothing else to say. */
export function held(fault: string, counts: { applied?: number; deadLettered?: number } = {}) {
  return { ...caughtUp(counts), caughtUp: false, fault }
}

export function lossKey(kind: string, stream: StreamName): string {
  return `${PREFIX}sync-${kind}:${stream}:${GROUPS[stream]}`
}

export async function beatIn(redis: TestRedis): Promise<number> {
  return Number(await redis.run('GET', `${PREFIX}sync-heartbeat`))
}

/** A deployment that has run for a while. Its heartbeat is gone, to see whether another is written. */
export async function runBefore(redis: TestRedis): Promise<void> {
  expect(await sync(redis)).toMatchObject({ caughtUp: true })
  expect(await strictSync(redis)).toMatchObject({ caughtUp: true })
  await redis.run('DEL', `${PREFIX}sync-heartbeat`)
}

/** Nothing is applied or read any more, and still no pass is clean until the hold is over. */
export async function expectHeld(
  redis: TestRedis,
  fault: string,
  stream: StreamName,
  kind = fault,
): Promise<void> {
  const left = Number(await redis.run('PTTL', lossKey(kind, stream)))
  expect(left).toBeGreaterThan(FIFTEEN_MINUTES_MS - 10_000)
  expect(left).toBeLessThanOrEqual(FIFTEEN_MINUTES_MS)
  expect(await strictSync(redis)).toEqual(held(fault))
  expect(await beatIn(redis)).toBe(0)
  // Passes do not make it longer.
  expect(await redis.run('PTTL', lossKey(kind, stream))).toBeLessThanOrEqual(left)
  await redis.run('PEXPIRE', lossKey(kind, stream), 1)
  await sleep(5)
  expect(await strictSync(redis)).toEqual(caughtUp())
  expect(await beatIn(redis)).toBeGreaterThan(0)
}

/** The holds of all losses so far are over. */
export async function hasPassed(redis: TestRedis): Promise<void> {
  for (const stream of STREAMS) {
    for (const kind of ['restarted', 'trimmed', 'unverified', 'waiting']) {
      await redis.run('PEXPIRE', lossKey(kind, stream), 1)
    }
  }
  await sleep(5)
}

/** Messages under a key of the producers' own. */
export function announce(redis: TestRedis, key: string, ...sids: readonly string[]) {
  return add(
    redis,
    REVOCATIONS,
    revocationOf(...sids).map((fields) => signed(REVOCATIONS, fields, key)),
  )
}

export function raise(redis: TestRedis, key: string, ...epochs: readonly number[]) {
  return add(
    redis,
    DELEGATIONS,
    epochsOf(...epochs).map((fields) => signed(DELEGATIONS, fields, key)),
  )
}
