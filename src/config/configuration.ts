// Turns options into a configuration: validated whole, filled from the environment, frozen.

import type { DecisionEvent } from '../decision.ts'
import { CaracalConfigError } from '../errors.ts'
import type { MandateUse } from '../mandate/mandate.ts'
import type { RevocationStore } from '../revocation/store.ts'
import {
  type Check,
  flag,
  functionOf,
  identifier,
  identifiers,
  type NonEmptyList,
  objectWith,
  oneOf,
  oneOrMore,
  scopes,
  secureUrl,
  typeOf,
  wholeNumber,
} from './checks.ts'
import { type VariableName, variable } from './environment.ts'
import { type KeySetting, readKeySetting } from './key-setting.ts'
import { covers, type PathPrefix, parsePathPrefix, same } from './path-prefixes.ts'
import { isGiven, readOptions } from './read-options.ts'

/** What is asked of a mandate on top of its being valid: `Requirements`, complete. */
export interface Demands {
  readonly requiredScopes: readonly string[]
  readonly requiredTargets: readonly string[]
  /** `undefined` asks nothing, which only an additional demand may do. */
  readonly requiredUse: MandateUse | undefined
  readonly requireAgent: boolean
  readonly requireDelegation: boolean
  readonly requireChainContains: readonly string[]
  readonly maxHopCount: number
}

/** Everything that one route asks, complete. */
export interface Rule extends Demands {
  readonly audience: string
  readonly issuer: string
  readonly expectedZoneId: NonEmptyList<string>
  readonly revocations: RevocationStore
}

export interface RouteRule {
  readonly prefix: PathPrefix
  readonly rule: Rule
}

/** A guard's whole configuration. */
export interface Configuration {
  readonly defaultRule: Rule
  readonly routes: readonly RouteRule[]
  readonly exclude: readonly PathPrefix[]
  readonly clockToleranceSeconds: number
  readonly keySet: KeySetting
  /** 0 turns the cache off. */
  readonly verifiedTokens: number
  readonly onDecision: ((event: DecisionEvent, request: Request | undefined) => void) | undefined
}

const REQUIREMENTS = {
  requiredScopes: scopes,
  requiredTargets: identifiers,
  requiredUse: oneOf<MandateUse>('resource', 'session', 'gateway'),
  requireAgent: flag,
  requireDelegation: flag,
  requireChainContains: identifiers,
  maxHopCount: wholeNumber(0, 'a whole number, 0 or more'),
} as const

const STORE_ADVICE =
  'give `new InMemoryRevocationStore()` in development, `UpstashRevocationStore.fromEnv()` in production'

const ROUTE_OPTIONS = {
  audience: identifier,
  revocations: objectWith<RevocationStore>('lookup', STORE_ADVICE),
  issuer: secureUrl,
  expectedZoneId: oneOrMore,
  ...REQUIREMENTS,
} as const

const whole = (value: unknown) => value
const OPTIONS = {
  ...ROUTE_OPTIONS,
  routes: whole,
  exclude: whole,
  clockToleranceSeconds: wholeNumber(0, 'a whole number of seconds, 0 or more'),
  keySet: whole,
  verifiedTokenCache: whole,
  onDecision: functionOf<(event: DecisionEvent, request: Request | undefined) => void>(),
} as const

const NOTHING_MORE: Demands = Object.freeze({
  requiredScopes: Object.freeze([]),
  requiredTargets: Object.freeze([]),
  requiredUse: undefined,
  requireAgent: false,
  requireDelegation: false,
  requireChainContains: Object.freeze([]),
  maxHopCount: Number.POSITIVE_INFINITY,
})

const DEFAULTS = { ...NOTHING_MORE, requiredUse: 'resource', maxHopCount: 10 } as const

/**
 * @param bindings the environment that came with a request, asked before the runtime's own
 * @throws {CaracalConfigError} naming every mistake
 */
export function compileConfiguration(options: unknown, bindings?: unknown): Configuration {
  const issues: string[] = []
  const { routes, exclude, clockToleranceSeconds, keySet, verifiedTokenCache, onDecision, ...own } =
    readOptions(options, OPTIONS, '', issues)
  const { audience, issuer, expectedZoneId, revocations, ...demands } = {
    ...DEFAULTS,
    ...fromEnvironment(options, bindings, issues),
    ...own,
  }
  if (!isGiven(options, 'revocations')) issues.push(`revocations is missing: ${STORE_ADVICE}`)
  const routeOptions = readRoutes(routes, issues)
  const excluded = readExclude(exclude, routeOptions, issues)
  const keySetting = readKeySetting(keySet, issues)
  const verifiedTokens = readVerifiedTokenCache(verifiedTokenCache, issues)
  if (issues.length > 0 || !audience || !issuer || !expectedZoneId || !revocations) {
    throw new CaracalConfigError(issues)
  }

  const defaultRule = Object.freeze({ ...demands, audience, issuer, expectedZoneId, revocations })
  const ruleOf = ({ prefix, options }: RouteWithOptions): RouteRule =>
    Object.freeze({ prefix, rule: Object.freeze({ ...defaultRule, ...options }) })
  return Object.freeze({
    defaultRule,
    routes: Object.freeze(routeOptions.map(ruleOf)),
    exclude: Object.freeze(excluded),
    clockToleranceSeconds: clockToleranceSeconds ?? 60,
    keySet: keySetting,
    verifiedTokens,
    onDecision,
  })
}

/**
 * Demands that are made besides a rule; what they leave out asks nothing more.
 * @throws {CaracalConfigError} naming every mistake
 */
export function compileDemands(requirements: unknown): Demands {
  const issues: string[] = []
  const demands = { ...NOTHING_MORE, ...readOptions(requirements, REQUIREMENTS, 'requirements', issues) }
  if (issues.length > 0) throw new CaracalConfigError(issues)
  return Object.freeze(demands)
}

/** Issuer, zone and audience, where the options leave them out. */
function fromEnvironment(options: unknown, bindings: unknown, issues: string[]): Partial<Rule> {
  const look = <T>(option: string, name: VariableName, check: Check<T>): T | undefined => {
    if (isGiven(options, option)) return undefined
    const value = variable(bindings, name)
    if (value !== undefined) return check(value, (problem) => issues.push(`${name} ${problem}`))
    issues.push(`${option} is missing: give the option, or set ${name}`)
    return undefined
  }
  const audience = look('audience', 'CARACAL_AUDIENCE', identifier)
  const expectedZoneId = look('expectedZoneId', 'CARACAL_ZONE_ID', oneOrMore)
  const issuer = look('issuer', 'CARACAL_STS_URL', secureUrl)
  return {
    ...(audience && { audience }),
    ...(expectedZoneId && { expectedZoneId }),
    ...(issuer && { issuer }),
  }
}

interface RouteWithOptions {
  readonly prefix: PathPrefix
  readonly options: Partial<Rule>
}

function readRoutes(routes: unknown, issues: string[]): readonly RouteWithOptions[] {
  if (routes === undefined) return []
  if (typeof routes !== 'object' || routes === null || Array.isArray(routes)) {
    issues.push(`routes must be an object of path prefix → options, not ${typeOf(routes)}`)
    return []
  }
  const read: RouteWithOptions[] = []
  for (const [text, options] of Object.entries(routes)) {
    const where = `routes[${JSON.stringify(text)}]`
    const given = readOptions(options, ROUTE_OPTIONS, where, issues)
    const prefix = parsePathPrefix(text)
    if (typeof prefix === 'string') issues.push(`${where}: the prefix ${prefix}`)
    else if (read.some((other) => same(other.prefix, prefix))) {
      issues.push(`${where} stands for the same paths as another route: make one of the two`)
    } else read.push({ prefix, options: given })
  }
  return read
}

function readExclude(
  exclude: unknown,
  routes: readonly RouteWithOptions[],
  issues: string[],
): readonly PathPrefix[] {
  if (exclude === undefined) return []
  if (!Array.isArray(exclude)) {
    issues.push(`exclude must be a list of path prefixes, not ${typeOf(exclude)}`)
    return []
  }
  const read: PathPrefix[] = []
  for (const [index, text] of exclude.entries()) {
    const prefix = parsePathPrefix(text)
    const where = `exclude[${index}]`
    if (typeof prefix === 'string') issues.push(`${where} ${prefix}`)
    else if (prefix.segments.length === 0)
      issues.push(`${where} would exclude every path: then there is no guard`)
    else if (routes.some((route) => covers(prefix, route.prefix))) {
      issues.push(
        `${where} covers a prefix in routes, whose requirements would never be asked: drop one of the two`,
      )
    } else read.push(prefix)
  }
  return read
}

function readVerifiedTokenCache(cache: unknown, issues: string[]): number {
  if (cache === undefined) return 1000
  if (cache === false) return 0
  const table = { maxEntries: wholeNumber(1, 'a whole number, 1 or more') } as const
  const { maxEntries } = readOptions(cache, table, 'verifiedTokenCache', issues)
  return maxEntries ?? 1000
}
