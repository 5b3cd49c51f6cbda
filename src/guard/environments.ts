// Selects the guard of a request: the one built at the start, or one for each environment that comes with requests.

import { deny } from '../decision/denials.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import { isWithin } from '../lib/clock.ts'
import { GUARD_VARIABLES, isBound } from '../lib/environment.ts'
import { MISCONFIGURED_RETRY_MS } from '../lib/limits.ts'
import { isThenable } from '../lib/thenable.ts'
import { isThrown, kindOf } from '../lib/thrown.ts'
import { Guard, type RequestGuard } from './guard.ts'
import { readGuardOptions, type StoreFromEnvironment } from './read-guard-options.ts'

/** Returns the guard for a request's platform arguments. Never throws: if it cannot be built, it is one that refuses. */
export type GuardFor = (platform: readonly unknown[]) => RequestGuard

/**
 * Builds the guard now unless it depends on a request.
 * @param storeFrom creates the store if the options have none
 * @throws {CaracalConfigError} naming every mistake, if the guard is built now
 */
export function guardPerEnvironment(options: unknown, storeFrom?: StoreFromEnvironment): GuardFor {
  return isOptionsFunction(options) ? fromFunction(options, storeFrom) : fromObject(options, storeFrom)
}

type OptionsFunction = (...platform: readonly unknown[]) => unknown

function isOptionsFunction(options: unknown): options is OptionsFunction {
  return typeof options === 'function'
}

function fromObject(given: unknown, storeFrom: StoreFromEnvironment | undefined): GuardFor {
  // Read only once: later changes to the object have no effect, not even for bindings of later requests.
  const options = readGuardOptions(given, storeFrom)
  const guard = Guard.of(options.configure())
  if (!options.needsEnvironment) return () => guard
  // Some values came from the runtime's environment. Bindings that come with a request take precedence.
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
      'the options function returned a promise: await before, and return the options themselves',
    ])
  }
  return options.length === 0 ? onceInAll(build) : oncePerEnvironment(build)
}

type Build = (given: readonly unknown[], bindings?: object) => RequestGuard

/**
 * For a function without parameters. It is called without arguments, so that its result does not depend on a request.
 * Bindings that configure a guard are used all the same, as with options that are an object.
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

/** The first argument is the environment, usually bindings. For a value that is not an object, only the last is kept. */
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

/** More environments than one isolate has on a platform with bindings. */
const MANY_ENVIRONMENTS = 10

const TOO_MANY_ENVIRONMENTS =
  'caracal-edge: the options function is called for every request, because this platform passes a new object each time: declare it without parameters, and create stores outside of it'

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

/** The result of building: a guard, or one that refuses until it is built again. */
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
 * Refuses every request because of a mistake that was found only now. The details go to the log, not to the client, and
 * only once, so that requests cannot fill the log.
 */
function misconfiguredGuard(error: unknown): RequestGuard {
  let isLogged = false
  const refuse = () => {
    if (!isLogged) {
      isLogged = true
      const isOurs = isThrown(error, CaracalConfigError)
      console.error(isOurs ? error.message : `caracal-edge: the options function threw ${kindOf(error)}`)
    }
    return deny('server_error')
  }
  return {
    judge: async () => ({ decision: refuse(), rules: [] }),
    holdTo: refuse,
    warmup: () => Promise.reject(error),
    websocketDenial: 'http',
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Also `true` if reading them fails: the guard that is built for them then reports it. */
function hasGuardVariable(bindings: unknown): bindings is object {
  try {
    return isObject(bindings) && GUARD_VARIABLES.some((name) => isBound(bindings, name))
  } catch {
    return true
  }
}

/** Throws if reading them throws. */
function assertReadable(bindings: object): void {
  for (const name of GUARD_VARIABLES) isBound(bindings, name)
}
