// The options `routes` and `exclude`: path prefixes, and contradictions between them.

import { type Check, isRecord, listOf, typeOf } from '../lib/checks.ts'
import { ownMember } from '../lib/own-member.ts'
import { objectOf } from '../lib/read-options.ts'
import { covers, isOtherNameOf, type PathPrefix, parsePathPrefix, same } from '../request/path-prefix.ts'
import type { Exclusion, Route, Rule } from './configuration.ts'

/** Path prefix → the options of a route. */
export function routesOption(
  ruleChecks: { readonly [Name in keyof Rule]: Check<Rule[Name]> },
): Check<readonly Route[]> {
  const readRule = objectOf(ruleChecks)
  return (routes, report) => {
    if (!isRecord(routes)) {
      report(`must be an object of path prefix → options, not ${typeOf(routes)}`)
      return undefined
    }
    const read: Route[] = []
    for (const text of Reflect.ownKeys(routes)) {
      if (typeof text === 'symbol') {
        report('must not have a symbol as a key: a path prefix is a string')
        continue
      }
      const reportRoute = report.at(`[${JSON.stringify(text)}]`)
      const rule = readRule(ownMember(routes, text), reportRoute)
      const prefix = pathPrefix(text, reportRoute.at(': the prefix'))
      if (rule === undefined || prefix === undefined) continue
      if (read.some((other) => same(other.prefix, prefix)))
        reportRoute('covers the same paths as another route: merge the two')
      else read.push({ prefix, place: reportRoute.place, rule })
    }
    return Object.freeze(read)
  }
}

const pathPrefix: Check<PathPrefix> = (value, report) => {
  if (typeof value !== 'string') report(`must be a string, not ${typeOf(value)}`)
  else {
    const prefix = parsePathPrefix(value)
    if (prefix.ok) return prefix.value
    report(prefix.reason)
  }
  return undefined
}

/** Returns the valid prefixes even if others are not, so that contradictions with routes are reported too. */
export const excludeOption: Check<readonly Exclusion[]> = (value, report) => {
  const read: Exclusion[] = []
  listOf<PathPrefix>((element, reportElement) => {
    const prefix = pathPrefix(element, reportElement)
    if (prefix === undefined) return undefined
    if (prefix.segments.length > 0) read.push({ prefix, place: reportElement.place })
    else reportElement('would exclude every path')
    return prefix
  }, 'path prefixes')(value, report)
  return Object.freeze(read)
}

/** The contradictions between the two options. */
export function contradictionsOf(exclude: readonly Exclusion[], routes: readonly Route[]): readonly string[] {
  return exclude.flatMap(({ prefix, place }) => {
    if (routes.some((route) => covers(prefix, route.prefix))) {
      return [
        `${place} covers a prefix in routes, whose requirements would never be checked: remove one of the two`,
      ]
    }
    if (routes.some((route) => isOtherNameOf(prefix, route.prefix))) {
      return [
        `${place} differs from a prefix in routes only in case or suffix, and some routers treat the two as the same: remove one of them`,
      ]
    }
    return []
  })
}
