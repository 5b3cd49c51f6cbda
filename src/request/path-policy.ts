// Which rules a request must meet, by its path and its method. Compiled once.

import { MAX_ODD_PATH_LENGTH } from '../lib/limits.ts'
import { derivedNames, hasFrameworkNames, type RequestLike, type RoutedPath } from './derived-readings.ts'
import { methodOf } from './methods.ts'
import { foldCase, hasSuffix, hidesDotSegment, withoutSuffixes } from './other-spellings.ts'
import type { PathKey } from './path-key.ts'
import { fullReadings, isPlain } from './path-readings.ts'
import { PrefixTree } from './prefix-tree.ts'
import { staysAsItIs, urlPath } from './url-path.ts'
import type { Verdict } from './verdicts.ts'

/** Request → the rules that it must meet, or `undefined` if it is excluded. */
export type PathPolicy<Rule> = (
  request: RequestLike,
  routed?: RoutedPath,
  onReading?: OnReading<Rule>,
) => readonly Rule[] | undefined

/** Is told what applies to each reading of the path, and of its other names, in capitals, which of them add rules. */
export type OnReading<Rule> = (reading: string, verdict: Verdict<Rule>, isOtherName: boolean) => void

interface Paths<Rule> {
  readonly defaultRule: Rule
  /** On one prefix, no two have the same method. */
  readonly routes: readonly RuleKey<Rule>[]
  readonly exclude: readonly ExcludedKey[]
  /** Applies where path or method are uncertain. The policy returns this array itself. */
  readonly everyRule: readonly Rule[]
}

interface RuleKey<Rule> extends PathKey {
  readonly rule: Rule
}

export interface ExcludedKey extends PathKey {
  /** Whether what lies below the path is not excluded. */
  readonly isExact: boolean
}

export function compilePathPolicy<Rule>(paths: Paths<Rule>): PathPolicy<Rule> {
  const byDefault = Object.freeze([paths.defaultRule])
  // In some runtimes, reading the URL is expensive. It is not read if nothing depends on it.
  if (paths.routes.length === 0 && paths.exclude.length === 0) return () => byDefault
  return compileKeys(byDefault, paths)
}

function compileKeys<Rule>(
  byDefault: readonly Rule[],
  { routes, exclude, everyRule }: Paths<Rule>,
): PathPolicy<Rule> {
  const dependsOnMethod = [...routes, ...exclude].some(({ methods }) => methods.names.size > 0)
  const treesFor = compileTrees(byDefault, routes, exclude)
  const derive = compileDerivedRules(routes, exclude)

  const decideFor = (
    method: string,
    request: RequestLike,
    href: string,
    routed: RoutedPath | undefined,
    onReading: OnReading<Rule> | undefined,
  ) => {
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
    const added = derive(readings, method, request, routed, onReading)
    if (added === undefined) return everyRule
    const trees = treesFor(readings)
    if (isOnlyReading && added.length === 0) {
      const verdict = trees[0].get(path, method)
      onReading?.(path, verdict, false)
      return ofOne(verdict)
    }
    const verdicts = trees.flatMap((tree) =>
      readings.map((reading) => {
        const verdict = tree.get(reading, method)
        onReading?.(reading, verdict, false)
        return verdict
      }),
    )
    const rules = new Set([...verdicts.flatMap(rulesOf), ...added])
    // Excluded only if every reading is: otherwise there is at least one rule.
    return rules.size === 0 ? undefined : [...rules]
  }
  const decide = (
    request: RequestLike,
    href: string,
    routed: RoutedPath | undefined,
    onReading: OnReading<Rule> | undefined,
  ) => {
    const method = dependsOnMethod ? methodOf(request) : ANY_METHOD
    if (method === undefined) return everyRule
    const rules = decideFor(method, request, href, routed, onReading)
    const inCapitals = method.toUpperCase()
    if (inCapitals === method || rules === everyRule) return rules
    // Some routers read a method in any case. As with paths, that can only add rules.
    const added = decideFor(inCapitals, request, href, routed, onReading)
    const all = new Set([...(rules ?? []), ...(added ?? [])])
    return all.size === 0 ? undefined : [...all]
  }
  return (request, routed, onReading) => {
    // Outside of the try: a value without a URL is not a Request, which is refused as a server_error.
    const { url } = request
    if (typeof url !== 'string') throw new TypeError('The URL of a request must be a string.')
    try {
      return decide(request, url, routed, onReading)
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

/** Stands for the method where no key names one. */
const ANY_METHOD = ''

const NO_RULES: readonly never[] = Object.freeze([])

/** Characters that may change when case is folded. */
const CASED = /[A-Z]|[^\0-\x7f]/

/**
 * Readings → the trees in which to look them up. A prefix matches in plain text and percent-encoded. But where a percent
 * sign was escaped itself, what looks percent-encoded may be the plain text that a router has decoded, and a route of
 * that name is another one: then the prefixes in plain text alone count, too.
 */
function compileTrees<Rule>(
  otherwise: Verdict<Rule>,
  routes: readonly RuleKey<Rule>[],
  exclude: readonly ExcludedKey[],
): (readings: readonly string[]) => readonly [PrefixTree<Rule>, ...PrefixTree<Rule>[]] {
  const treeOf = (form: (key: PathKey) => PathKey) => {
    const tree = new PrefixTree<Rule>(otherwise)
    for (const key of routes) tree.add(form(key), key.rule)
    for (const key of exclude) tree.add(form(key), 'excluded', key.isExact)
    return tree
  }
  const both = treeOf((key) => key)
  const areAlike = [...routes, ...exclude].every(
    ({ prefix }) => prefix.segments.join('/') === prefix.encoded.join('/'),
  )
  if (areAlike) return () => [both]
  const plain = treeOf(inPlainText)
  return (readings) => (readings.some((reading) => reading.includes('%25')) ? [both, plain] : [both])
}

function inPlainText({ prefix: { segments }, methods }: PathKey): PathKey {
  return { prefix: { segments, encoded: segments }, methods }
}

/** Readings → the rules of the routes that their other names match; `undefined` where the limits are exceeded. */
type DerivedRules<Rule> = (
  readings: readonly string[],
  method: string,
  request: RequestLike,
  routed: RoutedPath | undefined,
  onReading: OnReading<Rule> | undefined,
) => readonly Rule[] | undefined

function folded<Key extends PathKey>(key: Key): Key {
  const { segments, encoded } = key.prefix
  return { ...key, prefix: { segments: segments.map(foldCase), encoded: encoded.map(foldCase) } }
}

function compileDerivedRules<Rule>(
  routes: readonly RuleKey<Rule>[],
  exclude: readonly ExcludedKey[],
): DerivedRules<Rule> {
  // A route for every path is like the default rule, and a derived reading never adds the default rule.
  const specific = routes.filter(({ prefix }) => prefix.segments.length > 0)
  if (specific.length === 0) return () => NO_RULES
  // Routes that differ in case only share a node, and all of them apply.
  const treesFor = compileTrees(NO_RULES, specific.map(folded), exclude.map(folded))
  const areLowerCase = specific.every(({ prefix }) =>
    prefix.segments.every((segment) => !CASED.test(segment)),
  )

  return (readings, method, request, routed, onReading) => {
    const [path = ''] = readings
    const isUsual = readings.length === 1 && areLowerCase && !CASED.test(path) && !hasSuffix(path)
    if (isUsual && !hasFrameworkNames(path, request, routed)) return NO_RULES
    const names = derivedNames(readings, request, routed)
    if (names === undefined) return undefined
    const added = new Set<Rule>()
    for (const tree of treesFor(readings)) {
      for (const name of names) {
        // A path that is excluded by its full name, suffix included, is that file and nothing else.
        const isFile = tree.get(name, method) === 'excluded' && tree.isWhole(name, method)
        const stems = isFile ? [] : withoutSuffixes(name)
        if (stems === undefined) return undefined
        for (const text of [name, ...stems]) {
          const rules = rulesOf(tree.get(text, method))
          if (rules.length > 0) onReading?.(text, rules, true)
          for (const rule of rules) added.add(rule)
        }
      }
    }
    return [...added]
  }
}
