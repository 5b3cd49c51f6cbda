// Options and environment → configuration. Everything is read once, and all mistakes are reported together.

import { CaracalConfigError } from '../decision/errors.ts'
import { type Checks, reportTo } from '../lib/checks.ts'
import { deniedVariable, type VariableName, variable } from '../lib/environment.ts'
import { type NamedUrl, refuseInsecureUrls, warnOfInsecureUrls } from '../lib/insecure-urls.ts'
import { isPlainObject } from '../lib/own-member.ts'
import { type Checked, checksOf, defaultsOf, isGiven, onlyIn, readOptions } from '../lib/read-options.ts'
import { isThrown, kindOf } from '../lib/thrown.ts'
import type { RevocationStore } from '../revocation/store.ts'
import type { Configuration, GuardSettings, Rule } from './configuration.ts'
import { laxerRoutes } from './nested-routes.ts'
import { GUARD_OPTIONS, RULE_OPTIONS, STORE_ADVICE } from './option-table.ts'
import { contradictionsOf, withOwnMethods } from './path-contradictions.ts'
import type { RequestGuard } from './request-guard.ts'
import { outlivedMarks, ownerlessKeySet } from './rule-contradictions.ts'
import { optionsAdvice } from './wrong-arguments.ts'

/** Creates a store from an environment. @throws {CaracalConfigError} naming what the environment lacks */
export type StoreFromEnvironment = (bindings: object | undefined) => RevocationStore

/** Options of an adapter beside a guard's own. All are read together, so that one error names every mistake. */
export interface MoreOptions<Table extends Checks = Checks> {
  readonly checks: Table
  /**
   * Takes what was read, once for each object of options. Adds an issue for each mistake that its checks do not see.
   * @returns builds a guard of a configuration that is complete; not called if there is any issue
   */
  read(given: Checked<Table>, isMissing: (option: keyof Table) => boolean, issues: string[]): BuildGuard
}

/** @throws {CaracalConfigError} naming every mistake in what the configuration and the options are together */
export type BuildGuard = (configuration: Configuration) => RequestGuard

/** Options that have been read. Later changes to the original object have no effect. */
interface GuardOptions {
  /** Whether options are left to the environment. */
  readonly needsEnvironment: boolean
  /**
   * @param bindings the environment of a request, which takes precedence over the runtime's
   * @throws {CaracalConfigError} naming every mistake in the options and in the environment
   */
  configure(bindings?: object): Configuration
  /** That of `MoreOptions`, if there are any. */
  readonly build: BuildGuard | undefined
}

/** The options that can come from the environment, and their variables. */
const VARIABLES = {
  audience: 'CARACAL_AUDIENCE',
  expectedZoneId: 'CARACAL_ZONE_ID',
  issuer: 'CARACAL_STS_URL',
} as const satisfies { readonly [Option in keyof Rule]?: VariableName }

type EnvironmentOption = keyof typeof VARIABLES

/** @param storeFrom if given, the store may come from the environment too */
export function readGuardOptions<const Table extends Checks>(
  options: unknown,
  storeFrom?: StoreFromEnvironment,
  more?: MoreOptions<Table>,
): GuardOptions {
  try {
    return readAll(options, storeFrom, more)
  } catch (error) {
    if (isThrown(error, CaracalConfigError)) throw error
    // A Proxy that throws whatever is asked of it.
    throw new CaracalConfigError([`the options cannot be read: reading them threw ${kindOf(error)}`])
  }
}

function readAll<const Table extends Checks>(
  options: unknown,
  storeFrom: StoreFromEnvironment | undefined,
  more: MoreOptions<Table> | undefined,
): GuardOptions {
  const mistakes: string[] = []
  const advice = optionsAdvice(options)
  if (advice !== undefined) throw new CaracalConfigError([advice])
  const checks: Checks = { ...RULE_CHECKS, ...GUARD_CHECKS, ...more?.checks }
  const read = readOptions(options, checks, mistakes)
  const ruleOptions = onlyIn(RULE_CHECKS, read)
  const isMissing = (name: string) => isPlainObject(options) && !isGiven(options, name)
  const left = ENVIRONMENT_OPTIONS.filter(isMissing)
  const needsStore = isMissing('revocations')
  if (needsStore && storeFrom === undefined) mistakes.push(`revocations is missing: ${STORE_ADVICE}`)

  const given = { ...defaultsOf(GUARD_OPTIONS), ...onlyIn(GUARD_CHECKS, read) }
  const build = more?.read(onlyIn(more.checks, read), (name) => isMissing(String(name)), mistakes)
  const { routes, exclude } = given
  const hasRoutes = routes.length > 0
  if (hasRoutes) mistakes.push(...contradictionsOf(exclude, routes))
  const settings: GuardSettings = Object.freeze({
    ...given,
    routes: hasRoutes ? withOwnMethods(routes, exclude) : routes,
  })

  return Object.freeze({
    needsEnvironment: left.length > 0 || needsStore,
    configure(bindings?: object) {
      const issues = [...mistakes]
      const found = {
        ...fromEnvironment(left, bindings, issues),
        ...(needsStore && storeFrom !== undefined && storeFromEnvironment(storeFrom, bindings, issues)),
      }
      refuseInsecureUrls(
        [{ name: VARIABLES.issuer, url: found.issuer }, ...urlsIn(ruleOptions.issuer, settings)],
        bindings,
        issues,
      )
      warnOfInsecureUrls()
      return completed({ ...defaultsOf(RULE_OPTIONS), ...found, ...ruleOptions }, settings, issues)
    },
    build,
  })
}

const ENVIRONMENT_OPTIONS = Object.keys(VARIABLES) as readonly EnvironmentOption[]

const RULE_CHECKS = checksOf(RULE_OPTIONS)
const GUARD_CHECKS = checksOf(GUARD_OPTIONS)

/** @throws {CaracalConfigError} if an option is missing, or options contradict each other */
function completed(rule: Partial<Rule>, settings: GuardSettings, issues: readonly string[]): Configuration {
  if (issues.length > 0 || !isComplete(rule)) throw new CaracalConfigError(issues)
  const defaultRule = Object.freeze(rule)
  const { routes, ...rest } = settings
  const configuration = Object.freeze({
    ...rest,
    defaultRule,
    routes: Object.freeze(
      routes.map(({ key, prefix, methods, rule: own }) => ({
        key,
        prefix,
        methods,
        rule: Object.freeze({ ...defaultRule, ...own }),
      })),
    ),
  })
  const contradictions = [
    ...ownerlessKeySet(configuration),
    ...(routes.length > 1 ? laxerRoutes(routes, defaultRule) : []),
    ...outlivedMarks(defaultRule, routes),
  ]
  if (contradictions.length > 0) throw new CaracalConfigError(contradictions)
  return configuration
}

/** The URLs from which keys come, as far as they are options. */
function urlsIn(issuer: string | undefined, { routes, keySet }: GuardSettings): readonly NamedUrl[] {
  return [
    { name: 'issuer', url: issuer },
    ...routes.map(({ place, rule }) => ({ name: `${place}.issuer`, url: rule.issuer })),
    { name: 'keySet.url', url: keySet.source === 'inline' ? undefined : keySet.url },
  ]
}

function isComplete(rule: Partial<Rule>): rule is Rule {
  return Object.keys(RULE_OPTIONS).every((name) => Object.hasOwn(rule, name))
}

/** Issuer, zone and audience, if the options do not set them. */
function fromEnvironment(
  left: readonly EnvironmentOption[],
  bindings: object | undefined,
  issues: string[],
): Partial<Rule> {
  const checked = left.flatMap((option) => {
    const name = VARIABLES[option]
    const found = variable(bindings, name)
    if (found.ok) return [[option, RULE_OPTIONS[option].check(found.value, reportTo(issues, name))]]
    const instead = found.reason === undefined ? '' : ` to a string: it is ${found.reason}`
    const unseen = deniedVariable(name)
    const more = unseen === undefined ? '' : `. If it is set: ${unseen}`
    issues.push(`${option} is missing: give the option, or set ${name}${instead}${more}`)
    return []
  })
  return Object.fromEntries(checked)
}

function storeFromEnvironment(
  storeFrom: StoreFromEnvironment,
  bindings: object | undefined,
  issues: string[],
): Pick<Rule, 'revocations'> | undefined {
  try {
    return { revocations: storeFrom(bindings) }
  } catch (error) {
    if (!(error instanceof CaracalConfigError)) throw error
    issues.push(
      ...error.issues.map((issue) => `revocations is missing, and ${issue} (or give a store as revocations)`),
    )
    return undefined
  }
}
