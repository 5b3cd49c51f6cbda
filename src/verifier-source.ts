// Which verifier serves a request: the one built at start, or one for each environment that requests bring along.

import { binding, GUARD_VARIABLES } from './config/environment.ts'
import { isGiven } from './config/read-options.ts'
import { CaracalConfigError } from './errors.ts'
import { compileVerifier, type MandateVerifier } from './mandate-verifier.ts'

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

function fromObject(options: unknown): VerifierSource {
  const verifier = compileVerifier(options, undefined)
  if (isGiven(options, 'audience') && isGiven(options, 'issuer') && isGiven(options, 'expectedZoneId')) {
    return () => verifier
  }
  // Something came from the runtime's environment. Bindings that come with a request have precedence over it.
  const forBindings = oncePerObject((bindings) => compileVerifier(options, bindings))
  return ([bindings]) => (hasGuardVariable(bindings) ? forBindings(bindings) : verifier)
}

function fromFunction(options: OptionsFunction): VerifierSource {
  const build = (platform: readonly unknown[]) => {
    const resolved = options(...platform)
    if (!(resolved instanceof Promise)) return compileVerifier(resolved, platform[0])
    resolved.catch(() => {})
    throw new CaracalConfigError(['the options function gave a promise: it must give the options themselves'])
  }
  const forEnvironment = oncePerObject((_, platform) => build(platform))
  let sole: MandateVerifier | undefined
  return (platform) => {
    const [environment] = platform
    // Without a parameter it cannot depend on the environment, which elsewhere than on Workers may be new every time.
    if (options.length > 0 && isObject(environment)) return forEnvironment(environment, platform)
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
