// Marks that a real Worker makes at its top level, where its clock stands at 0, are known to its requests.

import { expect, test } from 'vitest'
import { RunningProgram } from '../examples/support/running-program.ts'

test('what a Worker marks at its top level is known to its requests', async () => {
  const program = new RunningProgram('node test/runtimes/start-workerd.mjs marks.toml', {})
  try {
    const [, url = ''] = await program.untilItPrints(/listening on (\S+)/)
    for (let time = 0; time < 2; time++) {
      const { markedAt, now, marked, other } = await (await fetch(url)).json()
      expect([markedAt, now > 1_700_000_000_000]).toEqual([0, true])
      expect(marked).toEqual({ revoked: true, delegationEpoch: 7 })
      expect(other).toEqual({ revoked: false, delegationEpoch: 0 })
    }
  } finally {
    await program.stop()
  }
}, 60_000)
