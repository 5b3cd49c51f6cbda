// How long ago something was, by a clock that may be set back.

/** Whether something is less than a time ago. What lies ahead is not: the clock has been set back since. */
export function isWithin(durationMs: number, sinceMs: number, nowMs: number = Date.now()): boolean {
  return sinceMs <= nowMs && nowMs - sinceMs < durationMs
}
