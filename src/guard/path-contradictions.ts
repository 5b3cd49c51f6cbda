// How the keys of `exclude` and `routes` go together: which contradict each other, and which methods are left to a route.

import { grouped } from '../lib/grouped.ts'
import { allBut, includesMethod, listed, sharedNames } from '../request/methods.ts'
import type { PathKey } from '../request/path-key.ts'
import { foldedName, otherNamesOf, prefixesOf } from '../request/path-prefix.ts'
import type { Exclusion, Route } from './configuration.ts'

/**
 * The routes with the methods that are left to them. A key without methods is for all methods but those that another key
 * names on the same prefix, and those that are excluded there or above.
 */
export function withOwnMethods(routes: readonly Route[], exclude: readonly Exclusion[]): readonly Route[] {
  const named = namesByPath(routes)
  const excluded = namesByPath(exclude.filter(({ isExact }) => !isExact))
  return routes.map((route) => {
    if (!route.methods.isAllBut) return route
    const paths = prefixesOf(route.prefix)
    const names = [
      ...(named.get(paths[0] ?? '') ?? []),
      ...paths.flatMap((path) => [...(excluded.get(path) ?? [])]),
    ]
    return names.length === 0 ? route : { ...route, methods: allBut(names) }
  })
}

/** Prefix → the methods that keys name there. */
function namesByPath(keys: readonly PathKey[]): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { prefix, methods } of keys) {
    if (methods.isAllBut) continue
    const path = prefix.segments.join('/')
    const names = found.get(path) ?? new Set()
    for (const name of methods.names) names.add(name)
    found.set(path, names)
  }
  return found
}

/** The contradictions between the two options: the first one of each exclusion. */
export function contradictionsOf(exclude: readonly Exclusion[], routes: readonly Route[]): readonly string[] {
  const covering = coveringExclusions(exclude, routes)
  const byName = grouped(withOwnMethods(routes, exclude), ({ prefix }) => foldedName(prefix))
  return exclude.flatMap((exclusion) => covering.get(exclusion) ?? otherName(exclusion, byName))
}

/** An exclusion that takes in a route → what is wrong with it. */
function coveringExclusions(
  exclude: readonly Exclusion[],
  routes: readonly Route[],
): ReadonlyMap<Exclusion, string> {
  const excluded = grouped(
    exclude.filter(({ isExact }) => !isExact),
    ({ prefix }) => prefix.segments.join('/'),
  )
  const issues = new Map<Exclusion, string>()
  for (const route of routes) {
    const [own = '', ...around] = prefixesOf(route.prefix)
    const there = excluded.get(own) ?? []
    for (const exclusion of [...there, ...around.flatMap((path) => excluded.get(path) ?? [])]) {
      const issue = covers(exclusion, route, there)
      if (issue !== undefined && !issues.has(exclusion)) issues.set(exclusion, issue)
    }
  }
  return issues
}

/** @param there the exclusions on the prefix of the route itself */
function covers(exclusion: Exclusion, route: Route, there: readonly Exclusion[]): string | undefined {
  const { methods, place } = exclusion
  if (methods.isAllBut) {
    const instead = route.methods.isAllBut ? '' : ", or name methods: 'GET /docs'"
    return `${place} covers ${route.place}, whose requirements would never be checked: remove one of the two${instead}`
  }
  if (!route.methods.isAllBut) {
    const shared = sharedNames(methods, route.methods)
    if (shared.length === 0) return undefined
    return `${place} covers ${route.place} for ${listed(shared)}, for which its requirements would never be checked: remove one of the two`
  }
  // Browsers send preflights without credentials to every path, so an exclusion for OPTIONS is meant for all of them.
  // Other methods must be excluded on the prefix of the route too: nothing is excluded from a rule in silence.
  const left = [...methods.names].filter(
    (name) => name !== 'OPTIONS' && !there.some((other) => includesMethod(other.methods, name)),
  )
  if (left.length === 0) return undefined
  return `${place} would also exclude ${listed(left)} below ${route.place}: if that is meant, exclude these methods on that prefix too; otherwise exclude less`
}

/** An exclusion that some routers read as a route, and that the guard therefore would not apply. */
function otherName(
  { prefix, methods, place }: Exclusion,
  routesByName: ReadonlyMap<string, readonly Route[]>,
): readonly string[] {
  const [path] = prefixesOf({ ...prefix, segments: prefix.segments.filter(Boolean) })
  const routes = otherNamesOf(prefix).flatMap((name) => routesByName.get(name) ?? [])
  const isOther = (route: Route) =>
    path !== prefixesOf(route.prefix)[0] &&
    (overlap(methods, route.methods) || overlap(route.methods, methods))
  if (!routes.some(isOther)) return []
  return [
    `${place} differs from a prefix in routes only in case or suffix, and some routers treat the two as the same: remove one of them`,
  ]
}

/** Whether the first set has a method of the second one; two sets without an end always have one in common. */
function overlap(one: PathKey['methods'], other: PathKey['methods']): boolean {
  return one.isAllBut ? other.isAllBut : sharedNames(one, other).length > 0
}
