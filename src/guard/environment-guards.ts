// The guards of different environments. An environment is what was read of the platform's arguments and of the runtime.

import { isWithin } from '../lib/clock.ts'
import { RuntimeReads } from '../lib/environment.ts'
import { MAX_ENVIRONMENTS, MISCONFIGURED_RETRY_MS } from '../lib/limits.ts'
import { isObject } from '../lib/own-member.ts'
import { Recording } from './recording.ts'
import type { RequestGuard } from './request-guard.ts'

/** Builds a guard from stand-ins for the platform's arguments. Throws if it cannot be built. */
type Build = (platform: readonly unknown[]) => RequestGuard

/** The guard for a request. */
export interface SelectedGuard {
  readonly guard: RequestGuard
  /**
   * Whether it is still the guard for this request. It is not if something was read in the meantime that is different
   * for this request: its decision must then not be used.
   */
  stands(): boolean
}

/**
 * Arguments that are objects count by what was read of them, while the guard was built or later. Others count by value,
 * because a function cannot be watched while it reads them.
 */
export class EnvironmentGuards {
  readonly #build: Build
  readonly #guardFailed: (error: unknown) => RequestGuard
  /** Oldest first. */
  readonly #kept: Environment[] = []
  /** For first arguments that have been compared already. */
  readonly #known = new WeakMap<object, Known>()
  #hasWarned = false

  /** @param guardFailed the guard that refuses because of this error */
  constructor(build: Build, guardFailed: (error: unknown) => RequestGuard) {
    this.#build = build
    this.#guardFailed = guardFailed
  }

  /**
   * Builds a guard before the first request.
   * @throws what building throws
   */
  start(platform: readonly unknown[]): void {
    const { failure } = this.#add(platform)
    if (failure !== undefined) throw failure.error
  }

  /** Never throws: if the guard cannot be built, it is one that refuses. */
  select(platform: readonly unknown[]): SelectedGuard {
    const environment = this.#environmentOf(platform)
    const { guard, version } = environment
    return {
      guard,
      stands: () => environment.version === version || environment.difference(platform) === undefined,
    }
  }

  #environmentOf(platform: readonly unknown[]): Environment {
    const [first] = platform
    if (!isObject(first)) return this.#matching(platform) ?? this.#add(platform)
    const known = this.#known.get(first)
    if (known !== undefined && isCurrent(known, platform)) return known.environment
    const environment = this.#matching(platform) ?? this.#add(platform)
    // One that only stands in until something is built again must not stay.
    if (environment.difference(platform) === undefined)
      this.#known.set(first, { environment, version: environment.version })
    return environment
  }

  #matching(platform: readonly unknown[]): Environment | undefined {
    const environment = this.#kept.find((kept) => kept.difference(platform) === undefined)
    if (environment === undefined || !environment.isDue()) return environment
    this.#drop(environment)
    return undefined
  }

  #add(platform: readonly unknown[]): Environment {
    const newest = this.#kept.at(-1)
    const isFull = this.#kept.length >= MAX_ENVIRONMENTS
    // Each would be called for and logged: nothing is built until it is time to try one of these again.
    if (isFull && newest !== undefined && this.#kept.every((kept) => kept.failure && !kept.isDue()))
      return newest
    const environment = new Environment(platform, this.#build, this.#guardFailed)
    this.#kept.push(environment)
    const [oldest] = this.#kept
    if (isFull && oldest !== undefined) {
      this.#drop(oldest)
      this.#warn(oldest.difference(platform))
    }
    return environment
  }

  #drop(environment: Environment): void {
    this.#kept.splice(this.#kept.indexOf(environment), 1)
    environment.isKept = false
  }

  #warn(difference: string | undefined): void {
    if (this.#hasWarned) return
    this.#hasWarned = true
    console.warn(
      `caracal-edge: there are more than ${MAX_ENVIRONMENTS} environments, so that guards are dropped and built again. What the options read of an environment is different in each, such as "${difference}". If it is a new object with every request, create what needs it outside of the options function`,
    )
  }
}

/** An environment, and its version when the object was compared with it. */
interface Known {
  readonly environment: Environment
  readonly version: number
}

function isCurrent({ environment, version }: Known, platform: readonly unknown[]): boolean {
  const isUnchanged = environment.isKept && environment.version === version && !environment.isDue()
  return isUnchanged && environment.difference(platform, 1) === undefined
}

class Environment {
  readonly guard: RequestGuard
  /** Why the guard refuses everything, if it could not be built. */
  readonly failure: { readonly error: unknown; readonly at: number } | undefined
  isKept = true
  /** For each argument, what was read of it, or its value if it is not an object. */
  readonly #arguments: readonly unknown[]
  readonly #runtime = new RuntimeReads()

  constructor(platform: readonly unknown[], build: Build, guardFailed: (error: unknown) => RequestGuard) {
    const recordings: unknown[] = []
    const standIns = platform.map((argument) => {
      const recording = isObject(argument) ? new Recording() : undefined
      recordings.push(recording ?? argument)
      return isObject(argument) && recording ? recording.standInFor(argument) : argument
    })
    this.#arguments = recordings
    try {
      this.guard = this.#runtime.during(() => build(standIns))
    } catch (error) {
      this.failure = { error, at: Date.now() }
      this.guard = guardFailed(error)
    }
  }

  /** Grows with what is read of the arguments. */
  get version(): number {
    let version = 0
    for (const argument of this.#arguments) if (argument instanceof Recording) version += argument.version
    return version
  }

  /** Whether it is time to build the guard again. */
  isDue(): boolean {
    return this.failure !== undefined && !isWithin(MISCONFIGURED_RETRY_MS, this.failure.at, Date.now())
  }

  /**
   * What is different in other arguments, or in the runtime now. `undefined` if they are of the same environment.
   * @param from the first argument to compare
   */
  difference(platform: readonly unknown[], from = 0): string | undefined {
    if (platform.length !== this.#arguments.length) return 'the number of arguments'
    for (let index = from; index < platform.length; index++) {
      const [argument, other] = [this.#arguments[index], platform[index]]
      if (argument instanceof Recording) {
        const difference = argument.difference(other)
        if (difference !== undefined) return difference
      } else if (!Object.is(argument, other)) return 'an argument'
    }
    return this.#runtime.difference()
  }
}
