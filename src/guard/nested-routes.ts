// Finds routes that ask less than a route around them without saying so.

import { foldCase } from '../request/derived-readings.ts'
import type { Route, Rule } from './configuration.ts'
import { RULE_OPTIONS } from './option-table.ts'

const NAMES = Object.keys(RULE_OPTIONS) as readonly (keyof Rule)[]

/**
 * What a route leaves out it takes from the guard, and not from the routes around it. Who wrote the outer route hardly
 * meant that, so that it has to be said: of the routes around it, the nearest that says something about an option counts.
 * @returns an issue for each option that a route leaves out and thereby loosens
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
        `${route.place} leaves out ${option}, which ${nearest.place} around it sets: a route takes what it leaves out from the guard, so that less would be asked there. Say ${option} there as well, the same or what is meant instead`,
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

/** The nearest first. */
function routesAround(
  { prefix: { segments } }: Route,
  known: ReadonlyMap<string, readonly Route[]>,
): readonly Route[] {
  const lengths = segments.map((_, index) => segments.length - 1 - index)
  return lengths.flatMap((length) => known.get(nameOf(segments.slice(0, length))) ?? [])
}

/** Routers that match in any case take `/Admin/audit` for a route below `/admin`. */
function nameOf(segments: readonly string[]): string {
  return foldCase(segments.join('/'))
}
