// Timers of a test clock: they run when the test lets time go by, in the order of their times.

/** An interval that a test advances by days would never end. */
const MAX_RUNS = 100_000

interface VirtualTimer {
  dueMs: number
  readonly everyMs: number | undefined
  readonly run: () => unknown
}

type Callback = (...given: readonly unknown[]) => unknown

/** What `setTimeout` of Node returns has these methods too. */
interface Handle {
  ref(): Handle
  unref(): Handle
  hasRef(): boolean
}

export class VirtualTimers {
  readonly #timers = new Map<unknown, VirtualTimer>()
  readonly #pass: (ms: number) => void
  readonly #own = { setTimeout, clearTimeout, clearInterval }
  #elapsedMs = 0
  #isStopped = false

  /** @param pass is told how much time goes by, before the timers of that moment run */
  constructor(pass: (ms: number) => void) {
    this.#pass = pass
  }

  /** The functions that take the place of the platform's own. */
  globals() {
    const { clearTimeout, clearInterval } = this.#own
    return {
      setTimeout: (callback: unknown, ms?: unknown, ...given: readonly unknown[]) =>
        this.#set('setTimeout', callback, ms, given, false),
      setInterval: (callback: unknown, ms?: unknown, ...given: readonly unknown[]) =>
        this.#set('setInterval', callback, ms, given, true),
      // A timer that was set before is the platform's own.
      clearTimeout: (timer?: never) => void (this.#timers.delete(timer) || clearTimeout(timer)),
      clearInterval: (timer?: never) => void (this.#timers.delete(timer) || clearInterval(timer)),
    }
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms
    await this.#turn()
    for (let runs = 0; ; runs++) {
      const next = this.#nextUntil(untilMs)
      if (next === undefined) break
      if (runs === MAX_RUNS)
        throw new Error(`${MAX_RUNS} timers ran in one advance: an interval is too short for it`)
      const [handle, timer] = next
      this.#passUntil(timer.dueMs)
      if (timer.everyMs === undefined) this.#timers.delete(handle)
      else timer.dueMs += timer.everyMs
      timer.run()
      await this.#turn()
    }
    this.#passUntil(untilMs)
  }

  stop(): void {
    this.#isStopped = true
    this.#timers.clear()
  }

  #set(name: string, callback: unknown, ms: unknown, given: readonly unknown[], repeats: boolean): Handle {
    if (!isFunction(callback)) throw new TypeError(`${name} takes a function`)
    const handle: Handle = { ref: () => handle, unref: () => handle, hasRef: () => true }
    if (this.#isStopped) return handle
    const delayMs = Math.max(1, Math.trunc(Number(ms)) || 0)
    this.#timers.set(handle, {
      dueMs: this.#elapsedMs + delayMs,
      everyMs: repeats ? delayMs : undefined,
      run: () => callback(...given),
    })
    return handle
  }

  /** Of timers that are due at the same time, the one that was set first. */
  #nextUntil(untilMs: number): readonly [unknown, VirtualTimer] | undefined {
    let next: readonly [unknown, VirtualTimer] | undefined
    for (const entry of this.#timers) {
      if (entry[1].dueMs <= untilMs && (next === undefined || entry[1].dueMs < next[1].dueMs)) next = entry
    }
    return next
  }

  #passUntil(untilMs: number): void {
    const ms = Math.max(0, untilMs - this.#elapsedMs)
    this.#elapsedMs += ms
    this.#pass(ms)
  }

  /** A turn of the real event loop, in which promises go on. */
  #turn(): Promise<void> {
    const { setTimeout } = this.#own
    return new Promise((resolve) => setTimeout(resolve, 0))
  }
}

function isFunction(value: unknown): value is Callback {
  return typeof value === 'function'
}
