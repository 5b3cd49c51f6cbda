// Finds routes that require less than an enclosing route without saying so.

import { grouped } from '../lib/grouped.ts'
import { includesMethod } from '../request/methods.ts'
import { foldCase } from '../request/other-spellings.ts'
import { pathOf, prefixesOf } from '../request/path-prefix.ts'
import type { Route, Rule } from './configuration.ts'
import { RULE_OPTIONS } from './option-table.ts'

const RULE_OPTION_NAMES = Object.keys(RULE_OPTIONS) as readonly (keyof Rule)[]

/**
 * A route takes a missing option from the guard, not from an enclosing route. If it would then require less, for any
 * method, than the nearest enclosing route that sets the option, that is probably a mistake, and the route must set the
 * option itself. To a key with methods, the key without them on the same prefix is the nearest enclosing one.
 * @param routes with the methods for which they apply
 * @returns an issue for each such option and enclosing route
 */
export function laxerRoutes(routes: readonly Route[], guardsOwn: Rule): readonly string[] {
  const known = grouped(routes, nameOf)
  return routes.flatMap((route) => {
    const around = routesAround(route, known)
    if (around.length === 0) return []
    const chains = methodsIn(route, around).map((method) =>
      around.filter(({ methods, isBeside }) => isBeside || includesMethod(methods, method)),
    )
    return RULE_OPTION_NAMES.flatMap((option) => {
      if (Object.hasOwn(route.rule, option)) return []
      const nearest = chains.map((chain) => chain.find(({ rule }) => Object.hasOwn(rule, option)))
      return [...new Set(nearest)].flatMap((enclosing) => {
        if (enclosing === undefined || !letsMoreIn(option, enclosing.rule, guardsOwn)) return []
        const where = enclosing.isBeside ? 'on the same prefix' : 'above it'
        return [
          `${route.place} does not set ${option}, but ${enclosing.place} ${where} does: a route takes missing options from the guard, so it would require less. Set ${option} there too, to the same or another value`,
        ]
      })
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

interface EnclosingRoute extends Route {
  /** Whether it has the same prefix, and no methods. */
  readonly isBeside: boolean
}

/** The enclosing routes of any method, the nearest first. */
function routesAround(route: Route, known: ReadonlyMap<string, readonly Route[]>): readonly EnclosingRoute[] {
  const [own, ...paths] = prefixesOf(route.prefix)
  const beside = route.methods.isAllBut ? [] : (known.get(nameOf(route)) ?? [])
  return [
    ...beside
      .filter(({ prefix, methods }) => methods.isAllBut && pathOf(prefix) === own)
      .map((other) => ({ ...other, isBeside: true })),
    ...paths.flatMap((path) =>
      (known.get(foldCase(path)) ?? []).map((other) => ({ ...other, isBeside: false })),
    ),
  ]
}

/** Stands for every method that no key names. */
const ANY_OTHER = ''

/** The methods of a route for which different routes may enclose it. */
function methodsIn({ methods }: Route, around: readonly Route[]): readonly string[] {
  const names = [methods, ...around.map((route) => route.methods)].flatMap((set) => [...set.names])
  return [ANY_OTHER, ...new Set(names)].filter((name) => includesMethod(methods, name))
}

/** To case-insensitive routers, `/Admin/audit` is below `/admin`. */
function nameOf({ prefix }: Route): string {
  return foldCase(pathOf(prefix))
}
