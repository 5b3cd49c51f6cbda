// What is logged about outages while a test runs.

import { afterEach, beforeEach, type MockInstance, vi } from 'vitest'
import { holdClock, later } from './held-clock.ts'

export const MINUTE = 60_000

export const json = (body: unknown, init?: ResponseInit) => async () => Response.json(body, init)
export const withCode = (message: string, code: string) => Object.assign(new Error(message), { code })

let count = 0

export interface OutageLog {
  /** What was logged in this test, which is not printed. */
  readonly log: () => MockInstance
  readonly lines: () => readonly string[]
  /** That of the test in the file, from 1. */
  readonly number: () => number
}

/** For every test of the file: the clock is held, and what earlier tests logged is no longer remembered. */
export function watchLog(): OutageLog {
  holdClock()
  let log: MockInstance
  beforeEach(() => {
    log = vi.spyOn(console, 'error').mockReturnValue()
    count += 1
    later(count * 10 * MINUTE)
  })
  afterEach(() => {
    vi.restoreAllMocks()
  })
  return {
    log: () => log,
    lines: () => log.mock.calls.map(([line]) => String(line)),
    number: () => count,
  }
}
