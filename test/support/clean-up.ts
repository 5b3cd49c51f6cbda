// After every test file: the clock, the globals and what was spied on are as they were, for files that share a worker.

import { afterAll, vi } from 'vitest'

afterAll(() => {
  // In this order: what is spied on may be a timer that is faked.
  vi.restoreAllMocks()
  vi.useRealTimers()
  vi.unstubAllGlobals()
})
