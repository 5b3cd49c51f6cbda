// The current time, and comparisons with it, on a clock that may be set back.

/** Returns the time in milliseconds since 1970. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/** Whether `sinceMs` is less than `durationMs` ago. A time in the future is not: the clock has been set back since. */
export function isWithin(durationMs: number, sinceMs: number, nowMs: number): boolean {
  return sinceMs <= nowMs && nowMs - sinceMs < durationMs
}
