// Which guard serves a request: the one built at start, or one for each environment that requests bring along.

import { deny } from '../decision/denials.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import { isWithin } from '../lib/clock.ts'
import { binding, GUARD_VARIABLES } from '../lib/environment.ts'
import { MISCONFIGURED_RETRY_MS } from '../lib/limits.ts'
import { isThenable } from '../lib/thenable.ts'
import { isThrown, kindOf } from '../lib/thrown.ts'
import { Guard, type RequestGuard } from './guard.ts'
import { readGuardOptions, type StoreFromEnvironment } from './read-guard-options.ts'

/** Gives the guard for a request's platform arguments. Never throws: what cannot be built now refuses. */
export type GuardFor = (platform: readonly unknown[]) => RequestGuard

/**
 * Builds at once what does not depend on a request.
 * @param storeFrom makes the store where the options leave it out
 * @throws {CaracalConfigError} when that cannot be built
 */
export function guardPerEnvironment(options: unknown, storeFrom?: StoreFromEnvironment): GuardFor {
  return isOptionsFunction(options) ? fromFunction(options, storeFrom) : fromObject(options, storeFrom)
}

type OptionsFunction = (...platform: readonly unknown[]) => unknown

function isOptionsFunction(options: unknown): options is OptionsFunction {
  return typeof options === 'function'
}

function fromObject(given: unknown, storeFrom: StoreFromEnvironment | undefined): GuardFor {
  // Read once: what happens to the object later changes nothing, not even for bindings that come later.
  const options = readGuardOptions(given, storeFrom)
  const guard = Guard.of(options.configure())
  if (!options.needsEnvironment) return () => guard
  // Something came from the runtime's environment. Bindings that come with a request have precedence over it.
  const forBindings = oncePerObject((bindings) => {
    assertReadable(bindings)
    return Guard.of(options.configure(bindings))
  })
  return ([bindings]) => (hasGuardVariable(bindings) ? forBindings(bindings) : guard)
}

function fromFunction(options: OptionsFunction, storeFrom: StoreFromEnvironment | undefined): GuardFor {
  const build = (given: readonly unknown[], bindings?: object): RequestGuard => {
    const result = options(...given)
    if (!isThenable(result)) {
      return Guard.of(readGuardOptions(result, storeFrom).configure(bindings))
    }
    Promise.resolve(result).catch(() => {})
    throw new CaracalConfigError([
      'the options function gave a promise: what it waits for must be awaited before',
    ])
  }
  return options.length === 0 ? onceInAll(build) : oncePerEnvironment(build)
}

type Build = (given: readonly unknown[], bindings?: object) => RequestGuard

/**
 * For a function that declares no parameter. It gets no argument, so that what it gives depends on no request.
 * Bindings that configure a guard count all the same, as they do beside options that are an object.
 */
function onceInAll(build: Build): GuardFor {
  const forBindings = oncePerObject((bindings) => {
    assertReadable(bindings)
    return build([], bindings)
  })
  let outcome: Outcome | undefined
  return ([bindings]) => {
    if (hasGuardVariable(bindings)) return forBindings(bindings)
    if (outcome === undefined || !stands(outcome)) outcome = outcomeOf(() => build([]))
    return outcome.guard
  }
}

/** The first argument is the environment: bindings as a rule, or any value, of which the last one is remembered. */
function oncePerEnvironment(build: Build): GuardFor {
  let built = 0
  const forBindings = oncePerObject((bindings, platform) => {
    const guard = build(platform, bindings)
    built += 1
    if (built === MANY_ENVIRONMENTS) console.warn(TOO_MANY_ENVIRONMENTS)
    return guard
  })
  let last: { readonly environment: unknown; readonly outcome: Outcome } | undefined
  return (platform) => {
    const [environment] = platform
    if (isObject(environment)) return forBindings(environment, platform)
    if (last === undefined || !Object.is(last.environment, environment) || !stands(last.outcome)) {
      last = { environment, outcome: outcomeOf(() => build(platform)) }
    }
    return last.outcome.guard
  }
}

/** More than a platform with bindings ever has in one isolate. */
const MANY_ENVIRONMENTS = 10

const TOO_MANY_ENVIRONMENTS =
  'caracal-edge: the options function is called again and again, since this platform passes a new object with every request: let it declare no parameter, and make stores outside of it'

function oncePerObject(build: (key: object, platform: readonly unknown[]) => RequestGuard) {
  const outcomes = new WeakMap<object, Outcome>()
  return (key: object, platform: readonly unknown[] = []): RequestGuard => {
    const known = outcomes.get(key)
    if (known !== undefined && stands(known)) return known.guard
    const outcome = outcomeOf(() => build(key, platform))
    outcomes.set(key, outcome)
    return outcome.guard
  }
}

/** What came of building: a guard for good, or one that refuses until it is tried again. */
interface Outcome {
  readonly guard: RequestGuard
  readonly failedAt: number | undefined
}

function outcomeOf(build: () => RequestGuard): Outcome {
  try {
    return { guard: build(), failedAt: undefined }
  } catch (error) {
    return { guard: misconfiguredGuard(error), failedAt: Date.now() }
  }
}

function stands({ failedAt }: Outcome): boolean {
  return failedAt === undefined || isWithin(MISCONFIGURED_RETRY_MS, failedAt, Date.now())
}

/**
 * A configuration found wanting only now has its details logged; the client learns no more than that. Once, however
 * many requests are refused: strangers must not fill the log.
 */
function misconfiguredGuard(error: unknown): RequestGuard {
  let isLogged = false
  const refuse = () => {
    if (!isLogged) {
      isLogged = true
      const isOurs = isThrown(error, CaracalConfigError)
      console.error(isOurs ? error.message : `caracal-edge: the options function threw ${kindOf(error)}`)
    }
    return deny('server_error', [])
  }
  return {
    decide: async () => refuse(),
    holdTo: refuse,
    warmup: () => Promise.reject(error),
    websocketDenial: 'http',
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Also where that cannot be found out: the guard that is built for them then says so. */
function hasGuardVariable(bindings: unknown): bindings is object {
  try {
    return isObject(bindings) && GUARD_VARIABLES.some((name) => binding(bindings, name) !== undefined)
  } catch {
    return true
  }
}

/** Throws what reading them throws. */
function assertReadable(bindings: object): void {
  for (const name of GUARD_VARIABLES) binding(bindings, name)
}
