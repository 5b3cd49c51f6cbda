// A clock that a test controls: the time of day and the timers.

import { afterEach, beforeEach, vi } from 'vitest'

/** The real timer, whatever the clock of a test says. */
const realSetTimeout = setTimeout

/** For every test of the file: the clock is stopped until `later` advances it. */
export function holdClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: 1_800_000_000_000 })
  })
  afterEach(() => {
    vi.useRealTimers()
  })
}

/** Runs the timers that end in that time. */
export function later(ms: number): void {
  vi.advanceTimersByTime(ms)
}

/** As `later`, and what the timers lead to can go on in between. */
export async function pass(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms)
}

/** Timers are not affected. */
export function setBack(ms: number): void {
  vi.setSystemTime(Date.now() - ms)
}

/**
 * Lets work in the background continue for a while, in real time.
 * The while takes in a few jobs of cryptography, as the work does: it is longer on a busy machine.
 */
export async function aWhile(ms = 40): Promise<void> {
  const rounds = 4
  for (let round = 0; round < rounds; round += 1) {
    await new Promise((resolve) => realSetTimeout(resolve, ms / rounds))
    await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign', 'verify'])
  }
}

export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(error: unknown): void
}

/** A promise that the test settles at any time, or never. */
export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((...settle) => {
    ;[resolve, reject] = settle
  })
  return { promise, resolve, reject }
}
