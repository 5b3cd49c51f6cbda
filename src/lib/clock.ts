// The time, and whether something is longer ago than a duration, on a clock that may be set back.

/** Gives the time in milliseconds since 1970. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()

/** Whether `sinceMs` is less than `durationMs` ago. A time in the future is not: the clock has been set back since. */
export function isWithin(durationMs: number, sinceMs: number, nowMs: number): boolean {
  return sinceMs <= nowMs && nowMs - sinceMs < durationMs
}
