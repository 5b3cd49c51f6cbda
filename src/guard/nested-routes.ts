// Finds routes that require less than an enclosing route without saying so.

import { foldCase } from '../request/derived-readings.ts'
import type { Route, Rule } from './configuration.ts'
import { RULE_OPTIONS } from './option-table.ts'

const NAMES = Object.keys(RULE_OPTIONS) as readonly (keyof Rule)[]

/**
 * A route takes a missing option from the guard, not from an enclosing route. If it would then require less than the
 * nearest enclosing route that sets the option, that is probably a mistake, and the route must set the option itself.
 * @returns an issue for each such option
 */
export function laxerRoutes(routes: readonly Route[], guardsOwn: Rule): readonly string[] {
  const known = new Map<string, readonly Route[]>()
  for (const route of routes) {
    const name = nameOf(route.prefix.segments)
    known.set(name, [...(known.get(name) ?? []), route])
  }
  return routes.flatMap((route) => {
    const around = routesAround(route, known)
    return NAMES.flatMap((option) => {
      if (Object.hasOwn(route.rule, option)) return []
      const nearest = around.find(({ rule }) => Object.hasOwn(rule, option))
      if (nearest === undefined || !letsMoreIn(option, nearest.rule, guardsOwn)) return []
      return [
        `${route.place} does not set ${option}, but ${nearest.place} above it does: a route takes missing options from the guard, so it would require less. Set ${option} there too, to the same or another value`,
      ]
    })
  })
}

function letsMoreIn<Option extends keyof Rule>(
  option: Option,
  around: Partial<Rule>,
  instead: Rule,
): boolean {
  const value: Rule[Option] | undefined = around[option]
  return value !== undefined && RULE_OPTIONS[option].isLaxer(value, instead[option])
}

/** The enclosing routes, the nearest first. */
function routesAround(
  { prefix: { segments } }: Route,
  known: ReadonlyMap<string, readonly Route[]>,
): readonly Route[] {
  const lengths = segments.map((_, index) => segments.length - 1 - index)
  return lengths.flatMap((length) => known.get(nameOf(segments.slice(0, length))) ?? [])
}

/** To case-insensitive routers, `/Admin/audit` is below `/admin`. */
function nameOf(segments: readonly string[]): string {
  return foldCase(segments.join('/'))
}
