// A thousand streams, ended by everybody in any order: each ends as it should, and nothing is left.
// @module-tag slow

import { it } from 'vitest'
import { expectNothingLeft, manyStreams } from '../support/many-streams.ts'

it('leave no timer, no listener and no look-up', async () => {
  expectNothingLeft(await manyStreams(1_000, 1))
}, 120_000)
