// A clock that a test sets: it takes the place of the process's own, for guard, issuer, stores and timers alike.

import { MAX_TIME_MS } from '../lib/limits.ts'
import { typeOf } from '../lib/type-of.ts'
import { VirtualTimers } from './virtual-timers.ts'

/** See {@link startTestClock}. */
export interface TestClock {
  /** The time in milliseconds since 1970. `Date.now()` returns the same. */
  now(): number
  /**
   * Lets time go by, and runs the timers that are due on the way, each at its time. Between them, promises go on.
   * @throws {TypeError} (rejects) if it is not a whole number of milliseconds, 0 or more
   * @throws what a timer throws
   */
  advance(ms: number): Promise<void>
  /**
   * Sets the time, as when the clock of a machine is corrected: forwards or back. No timer runs: they count what goes
   * by, not what the clock shows.
   * @param time a `Date`, or milliseconds since 1970
   * @throws {TypeError} if it is neither
   */
  set(time: Date | number): void
  /** Puts the process's own clock and timers back. What was set on this clock never runs. */
  restore(): void
}

let running = false

/**
 * Stops the clock of this process, and gives it to the test. Guard, test issuer, stores and the signals of an
 * authority read `Date` and set timers as any code does, so that all of them obey, and other libraries too. It replaces
 * `Date`, `setTimeout`, `setInterval`, `clearTimeout` and `clearInterval`, and nothing else.
 *
 * The guard has no option for a clock: one that production could set by mistake would let an expired mandate live. The
 * clocks of test runners do the same, and work as well: `vi.useFakeTimers()`, `mock.timers` of `node:test`,
 * `setSystemTime` of Bun, `FakeTime` of Deno. Use one of them or this one, not both at once.
 *
 * While it runs, no timer ends by itself: a look-up that never ends is an outage only after an `advance`.
 *
 * @param start a `Date`, or milliseconds since 1970. Default: now
 * @throws {TypeError} if `start` is neither
 * @throws {Error} if a test clock is running already
 * @example
 * ```ts
 * const clock = startTestClock()
 * const mandate = await issuer.mint({ lifetimeSeconds: 900 })
 * await clock.advance(900_000)
 * await expectDenied(await call(mandate), 'invalid_token')
 * clock.restore() // in afterEach, so that a test that fails restores it too
 * ```
 */
export function startTestClock(start: Date | number = Date.now()): TestClock {
  let time = timeIn('startTestClock', start)
  if (running) throw new Error('A test clock is running: call its restore() first, in afterEach')
  const timers = new VirtualTimers((passedMs) => {
    time += passedMs
  })
  const restoreGlobals = replaceGlobals({ ...timers.globals(), Date: dateWith(() => time) })
  running = true
  return {
    now: () => time,
    async advance(ms) {
      if (!Number.isSafeInteger(ms) || ms < 0) {
        throw new TypeError(`advance takes a whole number of milliseconds, 0 or more, not ${other(ms)}`)
      }
      await timers.advance(ms)
    },
    set(to) {
      time = timeIn('set', to)
    },
    restore() {
      if (!restoreGlobals()) return
      running = false
      timers.stop()
    },
  }
}

function timeIn(name: string, time: unknown): number {
  const ms = time instanceof Date ? time.getTime() : time
  if (typeof ms === 'number' && Number.isSafeInteger(ms) && ms >= 0) {
    if (ms >= MAX_TIME_MS) return ms
    // A time of the first days of 1970 is a duration, or was meant in seconds.
    throw new TypeError(
      `${name} takes a Date, or milliseconds since 1970: this number is too small. To let time go by, use advance`,
    )
  }
  throw new TypeError(`${name} takes a Date, or milliseconds since 1970, not ${other(time)}`)
}

function other(value: unknown): string {
  if (value instanceof Date) return 'an invalid Date'
  return typeof value === 'number' ? 'another number' : typeOf(value)
}

/** The platform's own `Date`, with another present. */
function dateWith(now: () => number): DateConstructor {
  return new Proxy(Date, {
    construct: (target, given, newTarget) =>
      Reflect.construct(target, given.length === 0 ? [now()] : given, newTarget),
    apply: (target) => new target(now()).toString(),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  })
}

/** @returns a function that puts them back, and says whether it did: only the first call does */
function replaceGlobals(replacements: { readonly [name: string]: unknown }): () => boolean {
  const before = Object.keys(replacements).map(
    (name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const,
  )
  for (const [name, value] of Object.entries(replacements)) {
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false })
  }
  let replaced = true
  return () => {
    if (!replaced) return false
    replaced = false
    for (const [name, descriptor] of before) {
      // A global that the platform inherits from its scope.
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name)
      else Object.defineProperty(globalThis, name, descriptor)
    }
    return true
  }
}
