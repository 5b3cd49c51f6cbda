// How the keys of `exclude` and `routes` go together: which contradict each other, and which methods are left to a route.

import { grouped } from '../lib/grouped.ts'
import { allBut, includesMethod, listed, sharedNames } from '../request/methods.ts'
import type { PathKey } from '../request/path-key.ts'
import { foldedName, otherNamesOf, pathOf, prefixesOf } from '../request/path-prefix.ts'
import type { Exclusion, Route } from './configuration.ts'

/**
 * The routes with the methods that are left to them. A key without methods is for all methods but those that another key
 * names on the same prefix, and those that are excluded there or above.
 */
export function withOwnMethods(routes: readonly Route[], exclude: readonly Exclusion[]): readonly Route[] {
  const named = keysWithNames(routes)
  const excluded = keysWithNames(exclude.filter(({ isExact }) => !isExact))
  return routes.map((route) => {
    if (!route.methods.isAllBut) return route
    const others = [
      ...(named.get(pathOf(route.prefix)) ?? []),
      ...prefixesOf(route.prefix).flatMap((path) => excluded.get(path) ?? []),
    ]
    const names = others.flatMap(({ methods }) => [...methods.names])
    return names.length === 0 ? route : { ...route, methods: allBut(names) }
  })
}

/** Prefix → the keys that name methods there. */
function keysWithNames(keys: readonly PathKey[]): ReadonlyMap<string, readonly PathKey[]> {
  const naming = keys.filter(({ methods }) => !methods.isAllBut)
  return grouped(naming, ({ prefix }) => pathOf(prefix))
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
    ({ prefix }) => pathOf(prefix),
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
  const path = pathOf({ ...prefix, segments: prefix.segments.filter(Boolean) })
  const routes = otherNamesOf(prefix).flatMap((name) => routesByName.get(name) ?? [])
  const isOther = (route: Route) =>
    path !== pathOf(route.prefix) && (overlap(methods, route.methods) || overlap(route.methods, methods))
  if (!routes.some(isOther)) return []
  return [
    `${place} differs from a prefix in routes only in case or suffix, and some routers treat the two as the same: remove one of them`,
  ]
}

/** Whether the first set has a method of the second one; two sets without an end always have one in common. */
function overlap(one: PathKey['methods'], other: PathKey['methods']): boolean {
  return one.isAllBut ? other.isAllBut : sharedNames(one, other).length > 0
}
