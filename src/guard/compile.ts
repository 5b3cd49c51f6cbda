// Compiles a configuration into what the guard uses for every request.

import { compilePathPolicy, type PathPolicy } from '../request/path-policy.ts'
import { SignatureVerifier } from '../token/signature-verifier.ts'
import type { Configuration, GuardSettings, Rule } from './configuration.ts'
import type { CompiledRule } from './steps.ts'

export interface Compiled
  extends Omit<GuardSettings, 'routes' | 'exclude' | 'keySet' | 'verifiedTokenCache'> {
  readonly rulesFor: PathPolicy<CompiledRule>
  /** The rules that a request must meet if its path is uncertain. */
  readonly everyRule: readonly CompiledRule[]
  readonly defaultRules: readonly CompiledRule[]
}

export function compile(configuration: Configuration): Compiled {
  const withVerifier = verifiersFor(configuration)
  const defaultRule = withVerifier(configuration.defaultRule)
  const routes = configuration.routes.map((route) => ({
    ...route,
    rule: withVerifier(route.rule, route.key),
  }))
  const everyRule = Object.freeze([defaultRule, ...routes.map(({ rule }) => rule)])
  return {
    ...configuration,
    rulesFor: compilePathPolicy({ ...configuration, defaultRule, routes, everyRule }),
    everyRule,
    defaultRules: Object.freeze([defaultRule]),
  }
}

/** Rules of the same issuer and zones share a signature verifier, and with it what was read in verified tokens. */
function verifiersFor({
  keySet,
  verifiedTokenCache,
}: Configuration): (rule: Rule, route?: string) => CompiledRule {
  const shared = new Map<string, SignatureVerifier>()
  return (rule, route) => {
    // Neither has blanks. JSON would depend on what other code has put on `Object.prototype`.
    const origin = [rule.issuer, ...rule.expectedZoneId].join(' ')
    const signatures =
      shared.get(origin) ??
      new SignatureVerifier(rule.issuer, rule.expectedZoneId, keySet, verifiedTokenCache)
    shared.set(origin, signatures)
    return Object.freeze({ ...rule, route, signatures })
  }
}
