// After every test file: restores the clock, the globals and spies, for files that share a worker.

import { afterAll, expect, vi } from 'vitest'
import { MAX_LOGGED_CAUSES } from '../../src/lib/limits.ts'
import { logOnce } from '../../src/lib/log.ts'

const realTimer = globalThis.setTimeout

afterAll(() => {
  // In this order, because a spy can be on a fake timer.
  vi.restoreAllMocks()
  vi.useRealTimers()
  vi.unstubAllGlobals()
  emptyLog()
  expect(globalThis.setTimeout, 'a fake timer that was left behind').toBe(realTimer)
})

/** A full log refuses new causes for a minute. One that is full of old ones forgets them. */
function emptyLog() {
  const log = vi.spyOn(console, 'error').mockReturnValue()
  const now = Date.now()
  vi.setSystemTime(now + 120_000)
  for (let at = 0; at < MAX_LOGGED_CAUSES; at += 1) logOnce(undefined, `an old cause ${at}`, '')
  vi.setSystemTime(now + 240_000)
  logOnce(undefined, 'the last cause', '')
  vi.useRealTimers()
  log.mockRestore()
}
