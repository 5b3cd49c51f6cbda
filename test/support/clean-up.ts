// After every test file: restores the clock, the globals and spies, for files that share a worker.

import { afterAll, vi } from 'vitest'

afterAll(() => {
  // In this order, because a spy can be on a fake timer.
  vi.restoreAllMocks()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
