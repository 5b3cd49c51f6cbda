// Which rules a request must meet, by its path alone. Compiled once.

import { MAX_ODD_PATH_LENGTH } from '../lib/limits.ts'
import {
  foldCase,
  hasFrameworkNames,
  hasSuffix,
  hidesDotSegment,
  namesOf,
  type RequestLike,
  type RoutedPath,
  withoutSuffixes,
} from './derived-readings.ts'
import type { PathPrefix } from './path-prefix.ts'
import { fullReadings, isPlain } from './path-readings.ts'
import { PrefixTree } from './prefix-tree.ts'
import { staysAsItIs, urlPath } from './url-path.ts'

/** Request → the rules that it must meet, or `undefined` if its path is excluded. */
export type PathPolicy<Rule> = (request: RequestLike, routed?: RoutedPath) => readonly Rule[] | undefined

export interface Paths<Rule> {
  readonly defaultRule: Rule
  readonly routes: readonly { readonly prefix: PathPrefix; readonly rule: Rule }[]
  readonly exclude: readonly PathPrefix[]
  /** Applies where the path is uncertain. The policy returns this array itself. */
  readonly everyRule: readonly Rule[]
}

/** What applies to the paths below a prefix. Lists of one rule, made once, so that most requests allocate nothing. */
type Verdict<Rule> = readonly Rule[] | 'excluded'

export function compilePathPolicy<Rule>({
  defaultRule,
  routes,
  exclude,
  everyRule,
}: Paths<Rule>): PathPolicy<Rule> {
  const byDefault = Object.freeze([defaultRule])
  // In some runtimes, reading the URL is expensive. It is not read if nothing depends on it.
  if (routes.length === 0 && exclude.length === 0) return () => byDefault

  const full = new PrefixTree<Verdict<Rule>>(byDefault)
  for (const { prefix, rule } of routes) full.set(prefix, Object.freeze([rule]))
  for (const prefix of exclude) full.set(prefix, 'excluded')
  const derive = compileDerivedRules(routes, exclude)

  const decide = (request: RequestLike, href: string, routed: RoutedPath | undefined) => {
    const url = urlPath(href)
    if (url === undefined) return everyRule
    const { path } = url
    const isOdd = !isPlain(path)
    if (isOdd && (path.length > MAX_ODD_PATH_LENGTH || !staysAsItIs(url))) return everyRule
    const isOnlyReading = !isOdd && (routed === undefined || routed.path === path)
    const readings = isOnlyReading
      ? [path]
      : fullReadings(routed === undefined ? [path] : [path, routed.path])
    if (readings === undefined || readings.some(hidesDotSegment)) return everyRule
    const added = derive(readings, request, routed)
    if (added === undefined) return everyRule
    if (isOnlyReading && added.length === 0) return ofOne(full.get(path))
    const rules = new Set([...readings.flatMap((reading) => rulesOf(full.get(reading))), ...added])
    // Excluded only if every reading is: otherwise there is at least one rule.
    return rules.size === 0 ? undefined : [...rules]
  }
  return (request, routed) => {
    // Outside of the try: a value without a URL is not a Request, which is refused as a server_error.
    const { url } = request
    if (typeof url !== 'string') throw new TypeError('The URL of a request must be a string.')
    try {
      return decide(request, url, routed)
    } catch {
      return everyRule
    }
  }
}

function ofOne<Rule>(verdict: Verdict<Rule>): readonly Rule[] | undefined {
  return verdict === 'excluded' ? undefined : verdict
}

function rulesOf<Rule>(verdict: Verdict<Rule>): readonly Rule[] {
  return verdict === 'excluded' ? [] : verdict
}

/** Readings → the rules of the routes that their other names match; `undefined` where the limits are exceeded. */
type DerivedRules<Rule> = (
  readings: readonly string[],
  request: RequestLike,
  routed: RoutedPath | undefined,
) => readonly Rule[] | undefined

const NO_RULES: readonly never[] = Object.freeze([])

/** Characters that may change when case is folded. */
const CASED = /[A-Z]|[^\0-\x7f]/

function folded({ segments, encoded }: PathPrefix): PathPrefix {
  return { segments: segments.map(foldCase), encoded: encoded.map(foldCase) }
}

function compileDerivedRules<Rule>(
  routes: Paths<Rule>['routes'],
  exclude: readonly PathPrefix[],
): DerivedRules<Rule> {
  // A route for every path is like the default rule, and a derived reading never adds the default rule.
  const specific = routes.filter(({ prefix }) => prefix.segments.length > 0)
  if (specific.length === 0) return () => NO_RULES
  const tree = new PrefixTree<Verdict<Rule>>(NO_RULES)
  for (const prefix of exclude) tree.set(folded(prefix), 'excluded')
  for (const { prefix, rule } of specific) {
    // Routes that differ in case only share a node.
    tree.update(folded(prefix), (others = NO_RULES) => [...rulesOf(others), rule])
  }
  const areLowerCase = specific.every(({ prefix }) =>
    prefix.segments.every((segment) => !CASED.test(segment)),
  )

  return (readings, request, routed) => {
    const [path = ''] = readings
    const isUsual = readings.length === 1 && areLowerCase && !CASED.test(path) && !hasSuffix(path)
    if (isUsual && !hasFrameworkNames(path, request, routed)) return NO_RULES
    const names = namesOf(readings, request, routed)
    if (names === undefined) return undefined
    const added = new Set<Rule>()
    for (const name of names) {
      // A path that is excluded by its full name, suffix included, is that file and nothing else.
      const stems = tree.get(name) === 'excluded' && tree.isWhole(name) ? [] : withoutSuffixes(name)
      if (stems === undefined) return undefined
      for (const text of [name, ...stems]) {
        for (const rule of rulesOf(tree.get(text))) added.add(rule)
      }
    }
    return [...added]
  }
}
