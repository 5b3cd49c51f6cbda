// The ready-made key set cache over the Cache API that a Worker has.

import { workersKeySetCache } from 'caracal-edge'
import { expect, it } from 'vitest'
import { aWhile } from '../support/held-clock.ts'
import { freshIsolate } from '../support/isolates.ts'
import { scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

it('brings what was put, under that name alone', async () => {
  expect(await workersKeySetCache.get('name-1')).toBeUndefined()
  await workersKeySetCache.put('name-1', '{"text":"ü"}', 60)
  expect(await workersKeySetCache.get('name-1')).toBe('{"text":"ü"}')
  expect(await workersKeySetCache.get('name-2')).toBeUndefined()
  await workersKeySetCache.put('name-1', 'other', 60)
  expect(await workersKeySetCache.get('name-1')).toBe('other')
})

it('forgets what has no more use', async () => {
  await workersKeySetCache.put('name-3', 'text', 1)
  await expect.poll(() => workersKeySetCache.get('name-3'), { timeout: 5_000 }).toBeUndefined()
})

it('reads no more of a huge entry than a key set may have', async () => {
  await workersKeySetCache.put('name-4', 'x'.repeat(65_537), 60)
  expect(await workersKeySetCache.get('name-4')).toBeUndefined()
})

it('lets a guard serve in an outage with what another one has fetched', async () => {
  const sts = scriptedIssuer({ issuer: 'https://cached.test' })
  await freshIsolate(sts, { cache: workersKeySetCache }).warmup()
  await aWhile(200)
  sts.fail()
  expect(await verdict(freshIsolate(sts, { cache: workersKeySetCache }), await sts.mint())).toBe('admit')
  expect(sts.requests).toHaveLength(1)
})
