// The time of day in a test's hands. Timers stay real, so that whoever waits for something really waits.

import { afterEach, beforeEach, vi } from 'vitest'

/** For every test of the file: the clock stands still until `later` moves it. */
export function holdClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

export function later(ms: number): void {
  vi.setSystemTime(Date.now() + ms)
}

/** Lets what runs in the background get on for a while, in real time; long enough to poll a few times. */
export function aWhile(ms = 40): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

/** A promise that the test settles when it likes, or never. */
export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { promise, resolve, reject }
}
