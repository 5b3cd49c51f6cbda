// Selects the guard of a request: the one built at the start, or one for each environment that comes with requests.

import { deny } from '../decision/denials.ts'
import { CaracalConfigError } from '../decision/errors.ts'
import { log } from '../lib/log.ts'
import { isObject } from '../lib/own-member.ts'
import { isThenable } from '../lib/thenable.ts'
import { isThrown, kindOf } from '../lib/thrown.ts'
import { EnvironmentGuards, type SelectedGuard } from './environment-guards.ts'
import { Guard } from './guard.ts'
import { type MoreOptions, readGuardOptions, type StoreFromEnvironment } from './read-guard-options.ts'
import type { RequestGuard } from './request-guard.ts'

/** Selects the guard for a request's platform arguments. Never throws: if it cannot be built, it is one that refuses. */
export type GuardFor = (platform: readonly unknown[]) => SelectedGuard

/**
 * Builds the guard now unless it depends on a request.
 * @param storeFrom creates the store if the options have none
 * @param more the options of an adapter beside those of a guard
 * @throws {CaracalConfigError} naming every mistake, if the guard is built now
 */
export function guardPerEnvironment(
  options: unknown,
  storeFrom?: StoreFromEnvironment,
  more?: MoreOptions,
): GuardFor {
  const read = (given: unknown): ReadOptions => {
    const { needsEnvironment, configure, build = Guard.of } = readGuardOptions(given, storeFrom, more)
    return { needsEnvironment, guardOf: (bindings) => build(configure(bindings)) }
  }
  return isOptionsFunction(options) ? fromFunction(options, read) : fromObject(read(options))
}

interface ReadOptions {
  readonly needsEnvironment: boolean
  /** @throws {CaracalConfigError} naming every mistake in the options and in the environment */
  guardOf(bindings: object | undefined): RequestGuard
}

type OptionsFunction = (...platform: readonly unknown[]) => unknown

function isOptionsFunction(options: unknown): options is OptionsFunction {
  return typeof options === 'function'
}

const NO_BINDINGS = Object.freeze({})

/** The options were read only once: later changes to the object have no effect, not even for bindings of later requests. */
function fromObject({ needsEnvironment, guardOf }: ReadOptions): GuardFor {
  if (!needsEnvironment) {
    const selection: SelectedGuard = Object.freeze({ guard: guardOf(undefined), stands: () => true })
    return () => selection
  }
  // Some values come from the runtime's environment. Bindings that come with a request take precedence.
  const guards = new EnvironmentGuards(
    ([bindings]) => guardOf(bindingsIn(bindings)),
    (error) => misconfiguredGuard('reading the environment', error),
  )
  guards.start([NO_BINDINGS])
  return byBindings(guards)
}

function fromFunction(options: OptionsFunction, read: (given: unknown) => ReadOptions): GuardFor {
  const guards = new EnvironmentGuards(
    (platform) => {
      const result = options(...platform)
      if (result === undefined) throw new CaracalConfigError([NOTHING_RETURNED])
      if (!isThenable(result)) return read(result).guardOf(bindingsIn(platform[0]))
      // Its rejection must not end the process.
      Promise.resolve(result).catch(() => {})
      throw new CaracalConfigError([
        'the options function returned a promise: await before, and return the options themselves',
      ])
    },
    (error) => misconfiguredGuard('the options function', error),
  )
  return takesNothing(options) ? byBindings(guards) : (platform) => guards.select(platform)
}

const NOTHING_RETURNED =
  'the options function returned undefined: write return, or parentheses, () => ({ … })'

/** An arrow function without parameters sees no arguments. They cannot make a difference, not even by their number. */
function takesNothing(options: OptionsFunction): boolean {
  return /^\(\s*\)\s*=>/.test(Function.prototype.toString.call(options))
}

/** For options that see no arguments. Only the guard's own variables are read. */
function byBindings(guards: EnvironmentGuards): GuardFor {
  return ([bindings]) => guards.select([bindingsIn(bindings) ?? NO_BINDINGS])
}

function bindingsIn(argument: unknown): object | undefined {
  return isObject(argument) ? argument : undefined
}

/**
 * Refuses every request because of a mistake that was found only now. The details go to the log, not to the client, and
 * only once, so that requests cannot fill the log.
 */
function misconfiguredGuard(what: string, error: unknown): RequestGuard {
  let isLogged = false
  const refuse = () => {
    if (!isLogged) {
      isLogged = true
      if (isThrown(error, CaracalConfigError)) log(error.message)
      // It is the developer's own code, so that message and stack belong in the log.
      else log(`caracal-edge: ${what} threw ${kindOf(error)}:`, error)
    }
    return deny('server_error')
  }
  const grounds = { claims: undefined, outage: undefined, step: undefined, rules: [], measured: undefined }
  const recheck = () => ({ decision: refuse(), ...grounds })
  return {
    decide: async () => ({ decision: refuse(), rules: [] }),
    holdTo: refuse,
    recheck: async () => recheck(),
    expiry: recheck,
    report: () => {},
    refuse: () => {},
    warmup: () => Promise.reject(error),
    websocketDenial: 'http',
  }
}
