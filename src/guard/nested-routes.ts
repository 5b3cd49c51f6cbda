// Finds routes that ask less than a route around them without saying so.

import type { Rule } from './configuration.ts'
import type { RouteWithOptions } from './guard-options.ts'

type Less<T> = (around: T, instead: T) => boolean

const lacksSome: Less<readonly string[]> = (around, instead) => around.some((one) => !instead.includes(one))
const isDropped: Less<boolean> = (around, instead) => around && !instead
const isLarger: Less<number> = (around, instead) => instead > around
const differs: Less<unknown> = (around, instead) => instead !== around

/** For each option, whether a value lets something in that the value of the route around it does not. */
const LETS_MORE_IN: { readonly [Option in keyof Rule]: Less<Rule[Option]> } = {
  audience: differs,
  issuer: differs,
  expectedZoneId: (around, instead) => lacksSome(instead, around),
  revocations: differs,
  maxLifetimeSeconds: isLarger,
  requiredScopes: lacksSome,
  requiredTargets: lacksSome,
  requiredUse: differs,
  requireAgent: isDropped,
  requireDelegation: isDropped,
  requireChainContains: lacksSome,
  maxHopCount: isLarger,
}

const OPTIONS = Object.keys(LETS_MORE_IN) as readonly (keyof Rule)[]

/**
 * What a route leaves out it takes from the guard, and not from the routes around it. Who wrote the outer route hardly
 * meant that, so that it has to be said: of the routes around it, the nearest that says something about an option counts.
 * @returns an issue for each option that a route leaves out and thereby loosens
 */
export function laxerRoutes(routes: readonly RouteWithOptions[], guardsOwn: Rule): readonly string[] {
  const known = new Map(routes.map((route) => [nameOf(route.prefix.segments), route]))
  return routes.flatMap((route) => {
    const around = routesAround(route, known)
    return OPTIONS.flatMap((option) => {
      if (Object.hasOwn(route.rule, option)) return []
      const nearest = around.find(({ rule }) => Object.hasOwn(rule, option))
      if (nearest === undefined || !letsMoreIn(option, nearest.rule, guardsOwn)) return []
      return [
        `${route.where} leaves out ${option}, which ${nearest.where} around it sets: a route takes what it leaves out from the guard, so that less would be asked there. Say ${option} there as well, the same or what is meant instead`,
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
  return value !== undefined && LETS_MORE_IN[option](value, instead[option])
}

/** The nearest first. */
function routesAround(
  { prefix: { segments } }: RouteWithOptions,
  known: ReadonlyMap<string, RouteWithOptions>,
): readonly RouteWithOptions[] {
  const lengths = segments.map((_, index) => segments.length - 1 - index)
  return lengths.flatMap((length) => known.get(nameOf(segments.slice(0, length))) ?? [])
}

function nameOf(segments: readonly string[]): string {
  return segments.join('/')
}
