// Completes options that were read from an environment, and puts defaults in place of what neither says.

import { CaracalConfigError } from '../decision/errors.ts'
import { type Check, identifier, secureUrl, zoneIds } from '../lib/checks.ts'
import { type VariableName, variable } from '../lib/environment.ts'
import { NOTHING_MORE } from '../requirements.ts'
import { defaultTtlOf } from '../revocation/default-ttl.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { Configuration, EnvironmentOption, Rule } from './configuration.ts'
import type { GuardOptions } from './guard-options.ts'
import { laxerRoutes } from './nested-routes.ts'

const DEFAULTS = {
  ...NOTHING_MORE,
  requiredUse: 'resource',
  maxHopCount: 10,
  maxLifetimeSeconds: 86_400,
} as const

/**
 * @param bindings the environment that came with a request, asked before the runtime's own
 * @throws {CaracalConfigError} naming every mistake, in the options and in the environment
 */
export function resolveConfiguration(options: GuardOptions, bindings?: object): Configuration {
  const { rule, routes, issues: mistakes, openToEnvironment: _, storeFrom: __, ...rest } = options
  const issues = [...mistakes]
  const { audience, issuer, expectedZoneId, revocations, ...demands } = {
    ...DEFAULTS,
    ...fromEnvironment(options, bindings, issues),
    ...rule,
  }
  if (issues.length > 0 || !audience || !issuer || !expectedZoneId || !revocations) {
    throw new CaracalConfigError(issues)
  }
  const defaultRule = Object.freeze({ ...demands, audience, issuer, expectedZoneId, revocations })
  const configuration = Object.freeze({
    ...rest,
    defaultRule,
    routes: Object.freeze(
      routes.map(({ prefix, rule }) => ({ prefix, rule: Object.freeze({ ...defaultRule, ...rule }) })),
    ),
  })
  const contradictions = [
    ...ownerless(configuration),
    ...laxerRoutes(routes, defaultRule),
    ...outlivedMarks('', defaultRule),
    ...routes.flatMap(({ where, rule }) =>
      Object.hasOwn(rule, 'revocations') || Object.hasOwn(rule, 'maxLifetimeSeconds')
        ? outlivedMarks(`${where}.`, { ...defaultRule, ...rule })
        : [],
    ),
  ]
  if (contradictions.length > 0) throw new CaracalConfigError(contradictions)
  return configuration
}

/** Inline keys say nothing of whose they are, so that there must be no choice (protocol §2). */
function ownerless({ keySet, defaultRule, routes }: Configuration): readonly string[] {
  const rules = [defaultRule, ...routes.map(({ rule }) => rule)]
  const owners = new Set(
    rules.flatMap(({ issuer, expectedZoneId }) => expectedZoneId.map((id) => `${issuer} ${id}`)),
  )
  if (keySet.source === 'issuer' || owners.size === 1) return []
  return ['keySet.jwks holds the keys of one zone, and several zones or issuers are configured: leave it out']
}

/** A mandate that lives longer than the mark of its revocation is good again when that is forgotten. */
function outlivedMarks(where: string, { revocations, maxLifetimeSeconds }: Rule): readonly string[] {
  const ttlMs = defaultTtlOf(revocations)
  if (ttlMs === undefined || ttlMs >= maxLifetimeSeconds * 1000) return []
  return [
    `${where}revocations remembers a mark for its defaultTtlMs, which is less than ${where}maxLifetimeSeconds: a revoked mandate would be good again. Raise defaultTtlMs, or lower maxLifetimeSeconds`,
  ]
}

/** Issuer, zone, audience and store, where the options leave them out. */
function fromEnvironment(
  options: GuardOptions,
  bindings: object | undefined,
  issues: string[],
): Partial<Rule> {
  const look = <T>(option: EnvironmentOption, name: VariableName, check: Check<T>): T | undefined => {
    if (!options.openToEnvironment.includes(option)) return undefined
    const value = variable(bindings, name)
    if (value !== undefined) return check(value, (problem) => issues.push(`${name} ${problem}`))
    issues.push(`${option} is missing: give the option, or set ${name}`)
    return undefined
  }
  const audience = look('audience', 'CARACAL_AUDIENCE', identifier)
  const expectedZoneId = look('expectedZoneId', 'CARACAL_ZONE_ID', zoneIds)
  const issuer = look('issuer', 'CARACAL_STS_URL', secureUrl)
  const revocations = storeFromEnvironment(options, bindings, issues)
  return {
    ...(audience && { audience }),
    ...(expectedZoneId && { expectedZoneId }),
    ...(issuer && { issuer }),
    ...(revocations && { revocations }),
  }
}

function storeFromEnvironment(
  { openToEnvironment, storeFrom }: GuardOptions,
  bindings: object | undefined,
  issues: string[],
): RevocationStore | undefined {
  if (storeFrom === undefined || !openToEnvironment.includes('revocations')) return undefined
  try {
    return storeFrom(bindings)
  } catch (error) {
    if (!(error instanceof CaracalConfigError)) throw error
    issues.push(...error.issues.map((issue) => `revocations are not given, and ${issue}`))
    return undefined
  }
}
