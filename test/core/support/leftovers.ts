// Counts timers that have not fired, and listeners for the abort of a signal that nobody has removed.

export interface Leftovers {
  readonly timers: number
  readonly listeners: number
}

const realSetTimeout = setTimeout

/** Counts from now on, until `stop`. */
export function countLeftovers() {
  const { setTimeout, clearTimeout } = globalThis
  const { addEventListener, removeEventListener } = EventTarget.prototype
  const timers = new Set<unknown>()
  let listeners = 0
  const known = new WeakMap<EventTarget, Set<unknown>>()

  const set = (run: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const timer: unknown = setTimeout(() => {
      timers.delete(timer)
      run(...args)
    }, ms)
    timers.add(timer)
    return timer
  }
  const clear = (timer: Parameters<typeof clearTimeout>[0]) => {
    timers.delete(timer)
    clearTimeout(timer)
  }
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear })

  // Of signals alone: other targets are the runtime's.
  const isCounted = (target: EventTarget, type: string) => target instanceof AbortSignal && type === 'abort'
  EventTarget.prototype.addEventListener = function (type, listener, options) {
    if (isCounted(this, type)) {
      const its = known.get(this) ?? new Set()
      if (!its.has(listener)) listeners++
      known.set(this, its.add(listener))
    }
    Reflect.apply(addEventListener, this, [type, listener, options])
  }
  EventTarget.prototype.removeEventListener = function (type, listener, options) {
    if (isCounted(this, type) && known.get(this)?.delete(listener)) listeners--
    Reflect.apply(removeEventListener, this, [type, listener, options])
  }
  return {
    count: (): Leftovers => ({ timers: timers.size, listeners }),
    stop() {
      Object.assign(globalThis, { setTimeout, clearTimeout })
      Object.assign(EventTarget.prototype, { addEventListener, removeEventListener })
    },
  }
}

/** Its timer is not counted. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => realSetTimeout(resolve, ms))
}
