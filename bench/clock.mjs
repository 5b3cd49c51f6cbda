// A stopwatch that reads finer than the runtime's clock: that of workerd ticks once in a millisecond.
// @ts-check

/** A clock that ticks at least so often, in milliseconds, is taken as it is. */
const FINE_TICK = 0.001

/**
 * Where the clock ticks coarsely, the time is started at a tick. When it is stopped, turns are counted until the next
 * tick and, to know how long a turn is, until the one after that. That is right to some hundredths of a tick.
 *
 * @returns {{ start: () => number, stop: () => number, isCoarse: boolean }} the times are in milliseconds
 */
export function createStopwatch() {
  toNextTick()
  const ticks = Array.from({ length: 20 }, toNextTick)
  if (Math.min(...ticks.map(({ length }) => length)) < FINE_TICK) {
    return { start: () => performance.now(), stop: () => performance.now(), isCoarse: false }
  }
  return {
    start: () => toNextTick().end,
    stop() {
      const rest = toNextTick()
      const whole = toNextTick()
      return rest.end - (rest.turns / whole.turns) * whole.length
    },
    isCoarse: true,
  }
}

function toNextTick() {
  const start = performance.now()
  let end = start
  let turns = 0
  while (end === start) {
    end = performance.now()
    turns += 1
  }
  return { end, turns, length: end - start }
}
