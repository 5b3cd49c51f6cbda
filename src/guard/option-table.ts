// Every option of a guard, with its check and its default. The public types are in options.ts.

import type { DecisionObserver } from '../decision/events.ts'
import type { WebSocketDenial } from '../decision/refusal.ts'
import { DEFAULT_KEY_SETTING, keySetting } from '../keys/key-setting.ts'
import {
  type Check,
  functionOf,
  identifier,
  listOf,
  type NonEmptyList,
  objectWith,
  oneOf,
  restricted,
  seconds,
  timeLimit,
  wholeNumber,
} from '../lib/checks.ts'
import { isInsecure, MUST_BE_SECURE } from '../lib/insecure-urls.ts'
import { MAX_TIME_MS } from '../lib/limits.ts'
import { isPlainObject } from '../lib/own-member.ts'
import { checksOf, objectOf } from '../lib/read-options.ts'
import { typeOf } from '../lib/type-of.ts'
import { documentUrl, serviceUrl } from '../lib/urls.ts'
import { bareHeader } from '../request/credential.ts'
import { differs, type IsLaxer, isLarger, lacksSome, REQUIREMENTS } from '../requirements.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { GuardSettings, Rule } from './configuration.ts'
import type { CaracalOptions, RouteOptions } from './options.ts'
import { excludeOption, routesOption } from './path-options.ts'

export const STORE_ADVICE =
  'use `new InMemoryRevocationStore()` in development, `UpstashRevocationStore.fromEnv()` or `new RedisRevocationStore({ command })` in production'

interface RuleOption<Value> {
  readonly check: Check<Value>
  /** None for an option that is required or comes from the environment. */
  readonly default?: Value
  /** Whether a route without it would admit more than an enclosing route. */
  readonly isLaxer: IsLaxer<Value>
}

/** Several ids in one string are refused: a list is meant. */
const zoneId = restricted(
  identifier,
  (text) => !/[\s,]/.test(text),
  'must be one zone id, without commas or spaces: for several zones, use a list in the option expectedZoneId',
)

/** One zone id, or a list of at least one. */
const zoneIds: Check<NonEmptyList<string>> = (value, report) => {
  const list = typeof value === 'string' ? [value] : value
  if (!Array.isArray(list)) {
    report(`must be a string or a list of strings, not ${typeOf(value)}`)
    return undefined
  }
  const [first, ...others] = listOf(zoneId)(list, report) ?? []
  if (list.length === 0) report('must name at least one')
  return first === undefined ? undefined : Object.freeze([first, ...others] as const)
}

/** The options of a route, with their types in a rule. */
export const RULE_OPTIONS: { readonly [Name in keyof Rule]: RuleOption<Rule[Name]> } = {
  audience: { check: identifier, isLaxer: differs },
  issuer: { check: serviceUrl, isLaxer: differs },
  expectedZoneId: {
    check: zoneIds,
    isLaxer: (enclosing, instead) => lacksSome(instead, enclosing),
  },
  revocations: { check: objectWith<RevocationStore>('lookup', STORE_ADVICE), isLaxer: differs },
  maxLifetimeSeconds: {
    check: seconds(1, Math.floor(MAX_TIME_MS / 1000)),
    default: 86_400,
    isLaxer: isLarger,
  },
  ...REQUIREMENTS,
}

/** Compiles only if the table and the public type have the same options. */
const ROUTE_OPTIONS: { readonly [Name in keyof RouteOptions]-?: RuleOption<Rule[Name]> } = RULE_OPTIONS

/** More than this is not clock skew, but probably meant in milliseconds. */
const MAX_CLOCK_TOLERANCE_SECONDS = 300

const cacheOptions = objectOf({ maxEntries: wholeNumber(1, 'a whole number, 1 or more') })

const DEFAULT_CACHED_TOKENS = 1000

const verifiedTokenCache: Check<number> = (value, report) => {
  if (value === false) return 0
  if (!isPlainObject(value)) {
    report(
      `must be an object, not ${typeOf(value)}: { maxEntries: ${DEFAULT_CACHED_TOKENS} }, or false for no cache`,
    )
    return undefined
  }
  const options = cacheOptions(value, report)
  return options && (options.maxEntries ?? DEFAULT_CACHED_TOKENS)
}

/** It is told to every client, who would get its credentials from where it says. */
const metadataUrl = restricted(documentUrl, (url) => !isInsecure(url), MUST_BE_SECURE)

interface GuardOption<Value> {
  readonly check: Check<Value>
  readonly default: Value
}

const isGuardOption = (option: string): boolean => Object.hasOwn(GUARD_OPTIONS, option)

/** The options that apply to the whole guard. */
export const GUARD_OPTIONS: {
  readonly [Name in Exclude<keyof CaracalOptions, keyof RouteOptions>]-?: GuardOption<GuardSettings[Name]>
} = {
  routes: { check: routesOption(checksOf(ROUTE_OPTIONS), isGuardOption), default: Object.freeze([]) },
  exclude: { check: excludeOption, default: Object.freeze([]) },
  storeTimeoutMs: { check: timeLimit, default: 5_000 },
  clockToleranceSeconds: { check: seconds(0, MAX_CLOCK_TOLERANCE_SECONDS), default: 60 },
  keySet: { check: keySetting, default: DEFAULT_KEY_SETTING },
  resourceMetadata: { check: metadataUrl, default: undefined },
  credentialHeader: { check: bareHeader, default: undefined },
  verifiedTokenCache: { check: verifiedTokenCache, default: DEFAULT_CACHED_TOKENS },
  websocketDenial: { check: oneOf<WebSocketDenial>('close', 'http'), default: undefined },
  onDecision: { check: functionOf<DecisionObserver>(), default: undefined },
}
