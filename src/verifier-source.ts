// Which verifier serves a request: the one built at start, or one for each environment that requests bring along.

import { binding, GUARD_VARIABLES } from './config/environment.ts'
import { readGuardOptions } from './config/guard-options.ts'
import { resolveConfiguration } from './config/resolve-configuration.ts'
import { CaracalConfigError } from './errors.ts'
import { buildVerifier, type MandateVerifier } from './mandate-verifier.ts'

/**
 * Gives the verifier for a request's platform arguments.
 * @throws {CaracalConfigError} when it has to be built now and cannot
 */
export type VerifierSource = (platform: readonly unknown[]) => MandateVerifier

/** Builds at once what does not depend on a request. */
export function verifierSource(options: unknown): VerifierSource {
  return isOptionsFunction(options) ? fromFunction(options) : fromObject(options)
}

type OptionsFunction = (...platform: readonly unknown[]) => unknown

function isOptionsFunction(options: unknown): options is OptionsFunction {
  return typeof options === 'function'
}

function fromObject(given: unknown): VerifierSource {
  // Read once: what happens to the object later changes nothing, not even for bindings that come later.
  const options = readGuardOptions(given)
  const verifier = buildVerifier(resolveConfiguration(options))
  if (options.openToEnvironment.length === 0) return () => verifier
  // Something came from the runtime's environment. Bindings that come with a request have precedence over it.
  const forBindings = oncePerObject((bindings) => buildVerifier(resolveConfiguration(options, bindings)))
  return ([bindings]) => (hasGuardVariable(bindings) ? forBindings(bindings) : verifier)
}

function fromFunction(options: OptionsFunction): VerifierSource {
  const build = (platform: readonly unknown[]) => {
    const given = options(...platform)
    if (!(given instanceof Promise)) {
      return buildVerifier(resolveConfiguration(readGuardOptions(given), platform[0]))
    }
    given.catch(() => {})
    throw new CaracalConfigError([
      'the options function gave a promise: what it waits for must be awaited before',
    ])
  }
  const forEnvironment = oncePerObject((_, platform) => build(platform))
  let sole: MandateVerifier | undefined
  return (platform) => {
    const [environment] = platform
    // One that declares no parameter does not depend on the environment, which elsewhere than on Workers may be
    // another object every time. Bindings that configure a guard are one in any case.
    const depends = options.length > 0 || hasGuardVariable(environment)
    if (depends && isObject(environment)) return forEnvironment(environment, platform)
    sole ??= build(platform)
    return sole
  }
}

/** What could not be built is tried again at the next request: nothing half-built is kept. */
function oncePerObject(build: (key: object, platform: readonly unknown[]) => MandateVerifier) {
  const built = new WeakMap<object, MandateVerifier>()
  return (key: object, platform: readonly unknown[] = []): MandateVerifier => {
    const known = built.get(key)
    if (known !== undefined) return known
    const verifier = build(key, platform)
    built.set(key, verifier)
    return verifier
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function hasGuardVariable(bindings: unknown): bindings is object {
  return isObject(bindings) && GUARD_VARIABLES.some((name) => binding(bindings, name) !== undefined)
}
