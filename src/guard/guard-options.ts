// Reads a guard's options, once: every mistake is noted, and what is sound is copied and frozen.

import { CaracalConfigError } from '../decision/errors.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import { readKeySetting } from '../keys/key-setting.ts'
import {
  duration,
  flag,
  functionOf,
  identifier,
  identifiers,
  isRecord,
  objectWith,
  oneOf,
  scopes,
  seconds,
  secureUrl,
  typeOf,
  wholeNumber,
  zoneIds,
} from '../lib/checks.ts'
import { MAX_TIME_MS } from '../lib/limits.ts'
import { ownMember } from '../lib/own-member.ts'
import { isGiven, readOptions } from '../lib/read-options.ts'
import type { MandateUse } from '../mandate.ts'
import { covers, isOtherNameOf, type PathPrefix, parsePathPrefix, same } from '../request/path-prefix.ts'
import { type Demands, NOTHING_MORE } from '../requirements.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { Configuration, EnvironmentOption, Rule } from './configuration.ts'

/** Options that were read. Nothing that happens to the object they came from changes them any more. */
export interface GuardOptions extends Omit<Configuration, 'defaultRule' | 'routes'> {
  /** What the options say themselves. */
  readonly rule: Partial<Rule>
  readonly routes: readonly RouteWithOptions[]
  /** What they leave to an environment. */
  readonly openToEnvironment: readonly EnvironmentOption[]
  /** What makes a store of an environment, for options that may leave it out. */
  readonly storeFrom: StoreFromEnvironment | undefined
  /** What is wrong with them. As long as there is anything, they must not be used. */
  readonly issues: readonly string[]
}

/** @throws {CaracalConfigError} naming what the environment lacks */
export type StoreFromEnvironment = (bindings: object | undefined) => RevocationStore

export interface RouteWithOptions {
  readonly prefix: PathPrefix
  /** How it is called in messages. */
  readonly where: string
  readonly rule: Partial<Rule>
}

const REQUIREMENTS = {
  requiredScopes: scopes,
  requiredTargets: identifiers,
  requiredUse: oneOf<MandateUse>('resource', 'session'),
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
  expectedZoneId: zoneIds,
  maxLifetimeSeconds: seconds(1, Math.floor(MAX_TIME_MS / 1000)),
  ...REQUIREMENTS,
} as const

/** More than this is no clock skew, but milliseconds that were taken for seconds. */
const MAX_CLOCK_TOLERANCE_SECONDS = 300

/** Is read by a function of its own, below. */
const readLater = (value: unknown) => value
const OPTIONS = {
  ...ROUTE_OPTIONS,
  routes: readLater,
  exclude: readLater,
  storeTimeoutMs: duration,
  clockToleranceSeconds: seconds(0, MAX_CLOCK_TOLERANCE_SECONDS),
  keySet: readLater,
  verifiedTokenCache: readLater,
  websocketDenial: oneOf<WebSocketDenial>('close', 'http'),
  onDecision: functionOf<NonNullable<Configuration['onDecision']>>(),
} as const

const ENVIRONMENT_OPTIONS: readonly EnvironmentOption[] = ['audience', 'issuer', 'expectedZoneId']

/** @param storeFrom where it is given, the store may be left to the environment as well */
export function readGuardOptions(options: unknown, storeFrom?: StoreFromEnvironment): GuardOptions {
  const issues: string[] = []
  // Taken apart at once: what is left over, unlike the whole, inherits from `Object.prototype`.
  const {
    routes,
    exclude,
    keySet,
    verifiedTokenCache,
    storeTimeoutMs,
    clockToleranceSeconds,
    websocketDenial,
    onDecision,
    ...rule
  } = readOptions(options, OPTIONS, '', issues)
  const left = isRecord(options) ? ENVIRONMENT_OPTIONS.filter((name) => !isGiven(options, name)) : []
  if (isRecord(options) && !isGiven(options, 'revocations')) {
    if (storeFrom === undefined) issues.push(`revocations is missing: ${STORE_ADVICE}`)
    else left.push('revocations')
  }
  const routeOptions = readRoutes(routes, issues)
  return Object.freeze({
    rule: Object.freeze(rule),
    routes: Object.freeze(routeOptions),
    exclude: Object.freeze(readExclude(exclude, routeOptions, issues)),
    storeTimeoutMs: storeTimeoutMs ?? 5_000,
    clockToleranceSeconds: clockToleranceSeconds ?? 60,
    keySet: readKeySetting(keySet, issues),
    verifiedTokens: readVerifiedTokenCache(verifiedTokenCache, issues),
    websocketDenial,
    onDecision,
    openToEnvironment: Object.freeze(left),
    storeFrom,
    issues: Object.freeze(issues),
  })
}

/**
 * Demands that are made besides a rule; what they leave out asks nothing more.
 * @throws {CaracalConfigError} naming every mistake
 */
export function readDemands(requirements: unknown): Demands {
  const issues: string[] = []
  const demands = { ...NOTHING_MORE, ...readOptions(requirements, REQUIREMENTS, 'requirements', issues) }
  if (issues.length > 0) throw new CaracalConfigError(issues)
  return Object.freeze(demands)
}

function readRoutes(routes: unknown, issues: string[]): readonly RouteWithOptions[] {
  if (routes === undefined) return []
  if (!isRecord(routes)) {
    issues.push(`routes must be an object of path prefix → options, not ${typeOf(routes)}`)
    return []
  }
  const read: RouteWithOptions[] = []
  for (const text of Object.keys(routes)) {
    const where = `routes[${JSON.stringify(text)}]`
    const rule = readOptions(ownMember(routes, text), ROUTE_OPTIONS, where, issues)
    const prefix = parsePathPrefix(text)
    if (typeof prefix === 'string') issues.push(`${where}: the prefix ${prefix}`)
    else if (read.some((other) => same(other.prefix, prefix))) {
      issues.push(`${where} stands for the same paths as another route: make one of the two`)
    } else read.push({ prefix, where, rule })
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
    const instead = typeof exclude === 'string' ? ": write ['…']" : ''
    issues.push(`exclude must be a list of path prefixes, not ${typeOf(exclude)}${instead}`)
    return []
  }
  const read: PathPrefix[] = []
  for (const [index, text] of exclude.entries()) {
    const where = `exclude[${index}]`
    const prefix = typeof text === 'string' ? parsePathPrefix(text) : `must be a string, not ${typeOf(text)}`
    if (typeof prefix === 'string') issues.push(`${where} ${prefix}`)
    else if (prefix.segments.length === 0)
      issues.push(`${where} would exclude every path: then there is no guard`)
    else if (routes.some((route) => covers(prefix, route.prefix))) {
      issues.push(
        `${where} covers a prefix in routes, whose requirements would never be asked: drop one of the two`,
      )
    } else if (routes.some((route) => isOtherNameOf(prefix, route.prefix))) {
      issues.push(
        `${where} is another name of a prefix in routes, but for its case or suffix, and some routers take one for the other: drop one of the two`,
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
