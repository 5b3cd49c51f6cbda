// The options `routes` and `exclude`, whose keys are path prefixes and methods.

import { type Check, listOf, type Reporter } from '../lib/checks.ts'
import { isPlainObject, ownMember } from '../lib/own-member.ts'
import { objectOf } from '../lib/read-options.ts'
import type { Result } from '../lib/result.ts'
import { typeOf } from '../lib/type-of.ts'
import { listed, parseMethods, sharedNames } from '../request/methods.ts'
import { type PathKey, parseExactKey, parsePrefixKey } from '../request/path-key.ts'
import { pathOf } from '../request/path-prefix.ts'
import type { Exclusion, Route, Rule } from './configuration.ts'

/**
 * Path prefix → the options of a route.
 * @param isOfGuard whether there is such an option outside of routes
 */
export function routesOption(
  ruleChecks: { readonly [Name in keyof Rule]: Check<Rule[Name]> },
  isOfGuard: (option: string) => boolean,
): Check<readonly Route[]> {
  const readRule = objectOf(ruleChecks, (option) => {
    if (parseMethods(option.toUpperCase()).ok) return "Methods belong in the key of a route: 'POST /payouts'"
    return isOfGuard(option) ? 'It is an option of the guard as a whole, not of a route' : undefined
  })
  return (routes, report) => readRoutes(routes, readRule, report)
}

function readRoutes(
  routes: unknown,
  readRule: Check<Partial<Rule>>,
  report: Reporter,
): readonly Route[] | undefined {
  if (!isPlainObject(routes)) {
    report(`must be an object of path prefix → options, not ${typeOf(routes)}`)
    return undefined
  }
  const byPrefix = new Map<string, Route[]>()
  const read: Route[] = []
  for (const text of Reflect.ownKeys(routes)) {
    if (typeof text === 'symbol') {
      report('must not have a symbol as a key: a path prefix is a string')
      continue
    }
    const reportRoute = report.at(`[${JSON.stringify(text)}]`)
    const given = ownMember(routes, text)
    if (typeof given === 'boolean') {
      reportRoute('must be an object, not a boolean: a path without verification belongs in exclude')
      continue
    }
    const rule = readRule(given, reportRoute)
    const key = pathKey(parsePrefixKey)(text, reportRoute.at(': the key'))
    if (rule === undefined || key === undefined) continue
    const route = { ...key, key: text, place: reportRoute.place, rule }
    const path = pathOf(key.prefix)
    const others = byPrefix.get(path) ?? []
    if (reportsTwice(route, others, reportRoute)) continue
    byPrefix.set(path, [...others, route])
    read.push(route)
  }
  return Object.freeze(read)
}

/** Whether another key on the same prefix is for the same methods. Reports it. */
function reportsTwice(route: Route, others: readonly Route[], report: Reporter): boolean {
  for (const other of others) {
    // A key without methods is for all methods that no other key names.
    if (route.methods.isAllBut !== other.methods.isAllBut) continue
    if (route.methods.isAllBut) {
      report('covers the same paths as another route: merge the two')
      return true
    }
    const shared = sharedNames(route.methods, other.methods)
    if (shared.length === 0) continue
    const why = listed(shared) === 'HEAD' ? ' (GET stands for HEAD too)' : ''
    report(
      `is for ${listed(shared)}, and so is ${other.place} for the same paths${why}: leave it out of one of them`,
    )
    return true
  }
  return false
}

const pathKey =
  (parse: (text: string) => Result<PathKey, string>): Check<PathKey> =>
  (value, report) => {
    if (typeof value !== 'string') report(`must be a string, not ${typeOf(value)}`)
    else {
      const key = parse(value)
      if (key.ok) return key.value
      report(key.reason)
    }
    return undefined
  }

const exactOption = objectOf({ exact: pathKey(parseExactKey) }, (option) =>
  /^methods?$/i.test(option) ? "Methods belong before the path: { exact: 'GET /path' }" : undefined,
)

const exclusion: Check<Exclusion> = (value, report) => {
  const { place } = report
  if (typeof value === 'string') {
    const key = pathKey(parsePrefixKey)(value, report)
    if (key === undefined) return undefined
    if (key.prefix.segments.length > 0 || !key.methods.isAllBut) return { ...key, isExact: false, place }
    report("would exclude every path: write 'OPTIONS /' for preflights, { exact: '/' } for that path alone")
    return undefined
  }
  if (!isPlainObject(value) || !Object.hasOwn(value, 'exact')) {
    report(`must be a string or { exact: '/path' }, not ${typeOf(value)}`)
    return undefined
  }
  const exact = exactOption(value, report)?.exact
  return exact && { ...exact, isExact: true, place }
}

/** Returns the valid keys even if others are not, so that contradictions with routes are reported too. */
export const excludeOption: Check<readonly Exclusion[]> = (value, report) => {
  const read: Exclusion[] = []
  listOf<Exclusion>((element, reportElement) => {
    const key = exclusion(element, reportElement)
    if (key !== undefined) read.push(key)
    return key
  }, 'path prefixes')(value, report)
  return Object.freeze(withoutRepeats(read))
}

/** Each exclusion once: a thousand equal ones would all be compared with every route. */
function withoutRepeats(exclude: readonly Exclusion[]): readonly Exclusion[] {
  const known = new Set<string>()
  return exclude.filter(({ isExact, methods, prefix }) => {
    const name = [isExact, [...methods.names].sort(), pathOf(prefix)].join(' ')
    return !known.has(name) && known.add(name)
  })
}
