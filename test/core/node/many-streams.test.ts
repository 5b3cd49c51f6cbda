// Ten thousand streams, ended by everybody in any order: nothing is left, also not in memory.
// @module-tag slow

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { pause } from '../support/leftovers.ts'
import { expectNothingLeft, manyStreams } from '../support/many-streams.ts'

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

async function heapMegabytes(): Promise<number> {
  // What is weakly held is let go after a turn.
  for (let times = 0; times < 3; times++) {
    await pause(20)
    collectGarbage()
  }
  return process.memoryUsage().heapUsed / 1_000_000
}

it('leave no timer, no listener, no look-up and no memory', async () => {
  // Once before, so that caches are filled and code is compiled.
  await manyStreams(1_000, 1)
  const before = await heapMegabytes()
  const { held, ...streams } = await manyStreams(10_000, 2)
  expectNothingLeft({ ...streams, held })
  const grown = (await heapMegabytes()) - before
  // The authority and the response of each are gone.
  expect(held).toHaveLength(20_000)
  expect(held.filter((one) => one.deref() !== undefined)).toHaveLength(0)
  // The weak references themselves and 240 remembered mandates. A stream takes 3 KB and more.
  expect(grown).toBeLessThan(5)
}, 120_000)
