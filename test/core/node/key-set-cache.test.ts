// Where there is no Cache API, the ready-made key set cache keeps nothing, and requests are answered as without it.

import { workersKeySetCache } from 'caracal-edge'
import { afterEach, expect, it, vi } from 'vitest'
import { freshIsolate } from '../support/isolates.ts'
import { scriptedIssuer, verdict } from '../support/scripted-issuer.ts'

afterEach(() => vi.unstubAllGlobals())

it('without a Cache API it keeps nothing', async () => {
  vi.stubGlobal('caches', undefined)
  await workersKeySetCache.put('name', 'text', 60)
  expect(await workersKeySetCache.get('name')).toBeUndefined()
})

it.each([
  ['none', undefined],
  ['one that refuses', { open: () => Promise.reject(new Error('denied')) }],
  ['another one', { open: async () => ({ match: async () => new Response('<html>') }) }],
])('with %s a guard fetches its keys', async (_, caches) => {
  vi.stubGlobal('caches', caches)
  const sts = scriptedIssuer()
  const guard = freshIsolate(sts, { cache: workersKeySetCache })
  expect(await verdict(guard, await sts.mint())).toBe('admit')
  expect(sts.requests).toHaveLength(1)
})
