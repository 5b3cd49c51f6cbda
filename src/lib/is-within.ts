// Compares a past time with now, on a clock that may be set back.

/** Whether `sinceMs` is less than `durationMs` ago. A time in the future is not: the clock has been set back since. */
export function isWithin(durationMs: number, sinceMs: number, nowMs: number = Date.now()): boolean {
  return sinceMs <= nowMs && nowMs - sinceMs < durationMs
}
